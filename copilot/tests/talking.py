"""Talks with the rules over the real tools, as a run does; a person says yes or no to previews."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from django.utils import timezone

from clinic.refusals import Refusal
from copilot.router import Call, Called, Say, Talk, Turn, answer
from copilot.toolbox import Page, Preview, Work, foresee, perform, tool_named, tools_for

MOST_STEPS = 6


@dataclass
class Chat:
    """One conversation of a person. ``approves`` says what becomes of previews: yes, no, or None:
    nobody has pressed anything yet."""

    person: object
    page: Page = field(default_factory=Page)
    approves: bool | None = None
    turns: list[Turn] = field(default_factory=list)
    previews: list[Preview] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    def ask(self, text: str) -> str:
        """What is answered in the end; "" while an approval is waited for."""
        login = self.person.login
        work = Work(login, self.page)
        turn = Turn(text)
        with self.person.at_work():
            for _ in range(MOST_STEPS):
                talk = Talk(
                    turns=(*self.turns, turn),
                    now=timezone.now().astimezone(login.clinic.tzinfo),
                    tools=frozenset(tool.name for tool in tools_for(login)),
                    page=self.page,
                    person=login.user.name,
                )
                step = answer(talk)
                if isinstance(step, Say):
                    self.turns.append(replace(turn, said=step.text))
                    return step.text
                called = self._call(work, step)
                if called is None:
                    self.turns.append(turn)
                    return ""
                turn = replace(turn, calls=(*turn.calls, called))
        raise AssertionError("The rules went round in circles.")

    def _call(self, work: Work, step: Call) -> Called | None:
        tool = tool_named(step.tool)
        try:
            if tool.approval:
                self.previews.append(foresee(tool, work, step.arguments))
                if self.approves is None:
                    return None
                if not self.approves:
                    return Called(step.tool, step.arguments, refused="You said no.")
            self.ran.append(step.tool)
            return Called(step.tool, step.arguments, perform(tool, work, step.arguments))
        except Refusal as refusal:
            return Called(step.tool, step.arguments, refused=refusal.message)
