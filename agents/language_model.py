"""A language model behind OpenAI's or Anthropic's protocol, as the installation's settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from pydantic_ai.models import Model


def model_called(name: str, *, key: str, base_url: str, timeout: float) -> Model:
    """``openai:NAME`` (or what speaks its protocol, at ``base_url``) or ``anthropic:NAME``.

    Each call waits at most ``timeout`` seconds and is not repeated. A new client each time: one
    of an event loop that has ended cannot be used again.

    Raises:
        ImproperlyConfigured: for another name.
    """
    kind, _, model = name.partition(":")
    address = base_url or None
    if kind == "openai" and model:
        from openai import AsyncOpenAI  # noqa: PLC0415 - a second; rarely set
        from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
        from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

        openai = AsyncOpenAI(base_url=address, api_key=key, max_retries=0, timeout=timeout)
        return OpenAIChatModel(model, provider=OpenAIProvider(openai_client=openai))
    if kind == "anthropic" and model:
        from anthropic import AsyncAnthropic  # noqa: PLC0415
        from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
        from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

        client = AsyncAnthropic(base_url=address, api_key=key, max_retries=0, timeout=timeout)
        return AnthropicModel(model, provider=AnthropicProvider(anthropic_client=client))
    raise ImproperlyConfigured("A language model is called openai:NAME or anthropic:NAME.")
