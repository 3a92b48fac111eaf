"""A language model for tests: it thinks as the rules do, through the loop of real models."""

import json

from pydantic_ai.messages import ModelMessagesTypeAdapter
from pydantic_ai.models.function import DeltaToolCall, FunctionModel

from copilot.history import read_turns
from copilot.router import Call, Talk, answer
from copilot.ruled import _asked_for, pieces

SETTING = "test:scripted"


def scripted_model(now, tools, page):
    async def stream(messages, info):
        history = json.loads(ModelMessagesTypeAdapter.dump_json(messages))
        talk = Talk(turns=read_turns(history), now=now, tools=tools, page=page)
        offered = frozenset(tool.name for tool in info.function_tools)
        step = _asked_for(talk, offered) or answer(talk)
        if isinstance(step, Call):
            arguments = json.dumps(dict(step.arguments), default=str)
            yield {0: DeltaToolCall(name=step.tool, json_args=arguments)}
            return
        for piece in pieces(step.text):
            yield piece

    return FunctionModel(stream_function=stream, model_name="scripted")
