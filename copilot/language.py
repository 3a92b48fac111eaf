"""Which model the copilot thinks with: one that a setting names, else the rules.

``COPILOT_MODEL`` is ``openai:NAME`` (anything that speaks OpenAI's chat completions, at
``COPILOT_BASE_URL``) or ``anthropic:NAME``, with ``COPILOT_API_KEY``. Without it nothing leaves
the installation: :mod:`copilot.router` answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from copilot.toolbox import Page

if TYPE_CHECKING:
    from pydantic_ai.models import Model

RULES = "rules"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known beside the messages. ``now`` is in the clinic's time zone."""

    now: datetime
    person: str
    clinic: str
    page: Page
    tools: frozenset[str]


def model_name() -> str:
    """The model's name for receipts and for people: the setting's, or "rules"."""
    return str(settings.COPILOT_MODEL) or RULES


def build_model() -> Model:
    """The language model that the settings name.

    Raises:
        ImproperlyConfigured: for a setting that names no kind of model that is known.
    """
    return _service(settings.COPILOT_MODEL, settings.COPILOT_API_KEY, settings.COPILOT_BASE_URL)


@lru_cache(maxsize=1)
def _service(name: str, key: str, base_url: str) -> Model:
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 - rare

    kind, _, model = name.partition(":")
    address = base_url or None
    # Clients of language models take a second to import; without a key nobody waits for them.
    if kind == "openai" and model:
        from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
        from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

        return OpenAIChatModel(model, provider=OpenAIProvider(base_url=address, api_key=key))
    if kind == "anthropic" and model:
        from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
        from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

        return AnthropicModel(model, provider=AnthropicProvider(api_key=key, base_url=address))
    raise ImproperlyConfigured("COPILOT_MODEL is openai:NAME or anthropic:NAME.")
