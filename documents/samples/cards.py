"""Insurance cards, and photocopies of both sides on one sheet."""

from __future__ import annotations

from random import Random

from documents.samples.ink import logo
from documents.samples.people import Person
from documents.samples.sheet import Fact, Sheet, on

CARD = (252.0, 158.0)
COLORS = ("#0f4c81", "#2e6f40", "#7b2d43", "#334155")


def _who(person: Person, text: str) -> list[Fact]:
    """The name on a card is the subscriber's, and here also the patient's."""
    return [
        Fact("insurance.subscriber", text, person.name),
        Fact("patient.name", text, person.name, {"optional": True}),
    ]


def _two(sheet: Sheet, x: float, y: float, facts: list[Fact], size: float) -> None:
    span = sheet.text(x, y, facts[0], size=size, style="b")
    for fact in facts[1:]:
        sheet.record(fact, [span])


def band(sheet: Sheet, rng: Random, person: Person) -> None:
    """A coloured band with the payer's name, labels over values, pharmacy numbers at the foot."""
    cover, color = person.coverage, rng.choice(COLORS)
    sheet.box(0, 0, *CARD, fill="#fbfbf8", stroke=None)
    sheet.box(0, 0, CARD[0], 34, fill=color, stroke=None)
    logo(sheet, 10, 7, 20, "#9db8d2", rng.randrange(3))
    size = 13 if len(cover.payer) < 22 else 11
    sheet.text(38, 17, Fact("insurance.payer", cover.payer), size=size, style="b", color="#ffffff")
    sheet.text(CARD[0] - 10, 29, Fact("insurance.plan", cover.plan), size=7.5, align="right",
               color="#ffffff")  # fmt: skip
    sheet.text(12, 47, "MEMBER NAME", size=5.2, color="#555555")
    _two(sheet, 12, 57, _who(person, person.name.upper()), 9)
    sheet.text(12, 71, "MEMBER ID", size=5.2, color="#555555")
    sheet.text(12, 81, Fact("insurance.member_id", cover.member_id), size=9, style="b")
    sheet.text(150, 71, "GROUP NO.", size=5.2, color="#555555")
    sheet.text(150, 81, Fact("insurance.group", cover.group), size=9, style="b")
    sheet.pair(
        12, 97, "Effective", on("insurance.effective", cover.effective, "%m/%d/%Y"), size=6.5
    )
    sheet.text(150, 97, f"PCP ${rng.choice((15, 20, 25))}  SPEC ${rng.choice((40, 50))}  "
               f"ER ${rng.choice((150, 250))}", size=6.5)  # fmt: skip
    sheet.line(10, 108, CARD[0] - 10, 108, width=0.5, color=color)
    for x, label, fact in (
        (12, "RxBIN", Fact("insurance.rx_bin", cover.rx_bin)),
        (78, "RxPCN", Fact("insurance.rx_pcn", cover.rx_pcn)),
        (158, "RxGrp", Fact("insurance.rx_group", cover.rx_group)),
    ):
        sheet.pair(x, 119, label, fact, size=6.8)
    sheet.pair(12, 132, "Payer ID", Fact("insurance.payer_id", cover.payer_id), size=6.8)
    sheet.text(12, 147, "Member services 1-800-555-0100   www.payer.example.com", size=5.8,
               color="#444444")  # fmt: skip


def plain(sheet: Sheet, rng: Random, person: Person) -> None:
    """Label and value on one line, two columns, no colour."""
    cover = person.coverage
    sheet.box(0, 0, *CARD, fill="#ffffff", stroke="#999999", radius=8)
    sheet.text(14, 24, Fact("insurance.payer", cover.payer), size=12, style="b")
    sheet.text(14, 35, "Health Benefits Identification Card", size=6, style="i")
    rows: list[tuple[str, Fact]] = [
        ("ID:", Fact("insurance.member_id", cover.member_id)),
        ("Group:", Fact("insurance.group", cover.group)),
        ("Plan:", Fact("insurance.plan", cover.plan)),
        ("Coverage eff.:", on("insurance.effective", cover.effective, "%m/%d/%y")),
    ]
    sheet.text(14, 52, "Subscriber:", size=7.5)
    _two(sheet, 70, 52, _who(person, person.name), 8)
    for number, (label, fact) in enumerate(rows):
        sheet.pair(14, 66 + number * 12, label, fact, gap=56, size=7.5, label_style="")
    rx: list[tuple[str, Fact]] = [
        ("Rx BIN:", Fact("insurance.rx_bin", cover.rx_bin)),
        ("PCN:", Fact("insurance.rx_pcn", cover.rx_pcn)),
        ("Rx Group:", Fact("insurance.rx_group", cover.rx_group)),
        ("EDI Payer:", Fact("insurance.payer_id", cover.payer_id)),
    ]
    for number, (label, fact) in enumerate(rx):
        sheet.pair(150, 66 + number * 12, label, fact, gap=44, size=7.5, label_style="")
    sheet.line(14, 118, CARD[0] - 14, 118)
    sheet.text(14, 130, "Office visit $20    Urgent care $60    Deductible $1,500", size=6.8)
    sheet.text(14, 143, "Claims: P.O. Box 5550, Fairview, IL 62999", size=6)


def photocopy(sheet: Sheet, rng: Random, person: Person) -> None:
    """Front and back of a card copied onto a letter sheet, as front desks do."""
    sheet.origin = (90, 110)
    (band if rng.random() < 0.5 else plain)(sheet, rng, person)
    sheet.box(0, 0, *CARD, stroke="#555555", line=1)
    sheet.origin = (90, 330)
    sheet.box(0, 0, *CARD, stroke="#555555", line=1)
    sheet.box(0, 12, CARD[0], 22, fill="#222222", stroke=None)
    for number, line in enumerate(
        ("Show this card whenever you receive care.",
         "Providers: call 1-800-555-0101 for prior authorization.",
         "Mail claims to P.O. Box 5550, Fairview, IL 62999.",
         "This card does not guarantee coverage.")
    ):  # fmt: skip
        sheet.text(12, 52 + number * 13, line, size=7)
    sheet.origin = (0, 0)
    sheet.text(90, 560, "Copied at registration desk 2", size=8, style="i", color="#1b2a6b")
