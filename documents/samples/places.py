"""Made-up clinics, laboratories and clinicians.

NPIs carry the right check digit but begin with 2, of which none has been issued.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facility:
    """A letterhead."""

    name: str
    street: str
    city: str
    phone: str
    fax: str
    color: str


@dataclass(frozen=True, slots=True)
class Provider:
    """A clinician; ``display`` is how documents print the name."""

    first: str
    last: str
    degree: str
    npi: str

    @property
    def display(self) -> str:
        """Name with degree."""
        return f"{self.first} {self.last}, {self.degree}"

    @property
    def name(self) -> str:
        """Name alone."""
        return f"{self.first} {self.last}"


def npi(stem: str) -> str:
    """Nine digits completed with the check digit (Luhn over 80840 and the number)."""
    total = 0
    for place, digit in enumerate(reversed("80840" + stem)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return stem + str(-total % 10)


CLINICS: tuple[Facility, ...] = (
    Facility("Backline Family Medicine", "1200 W Monroe Street, Suite 210",
             "Springfield, IL 62704", "(217) 555-0100", "(217) 555-0101", "#1f5f8b"),
    Facility("Prairie View Internal Medicine", "45 Commerce Parkway",
             "Decatur, IL 62521", "(217) 555-0130", "(217) 555-0131", "#3a6b35"),
    Facility("Riverbend Community Health Center", "900 Levee Road",
             "Peoria, IL 61602", "(309) 555-0110", "(309) 555-0112", "#7a3e1d"),
)  # fmt: skip
LABORATORIES: tuple[Facility, ...] = (
    Facility("Northgate Clinical Laboratory", "2750 Science Drive",
             "Bloomington, IL 61704", "(309) 555-0140", "(309) 555-0149", "#0b5563"),
    Facility("Sangamon Regional Pathology", "61 Hospital Circle",
             "Springfield, IL 62702", "(217) 555-0160", "(217) 555-0161", "#5b2a86"),
    Facility("Heartland Diagnostics, Inc.", "8801 Industrial Blvd, Bldg C",
             "Naperville, IL 60563", "(630) 555-0120", "(630) 555-0125", "#8b1e3f"),
    Facility("Tri-County Reference Lab", "300 Main Street",
             "Mattoon, IL 61938", "(217) 555-0195", "(217) 555-0196", "#333333"),
)  # fmt: skip
HOSPITALS: tuple[Facility, ...] = (
    Facility("Memorial Lakeside Hospital", "1 Lakeside Plaza",
             "Springfield, IL 62703", "(217) 555-0150", "(217) 555-0159", "#123c69"),
    Facility("St. Brendan Medical Center", "4400 N Division Street",
             "Chicago, IL 60625", "(312) 555-0180", "(312) 555-0189", "#8a5a00"),
)  # fmt: skip
IMAGING: tuple[Facility, ...] = (
    Facility("Capital Imaging Associates", "515 Radiology Row",
             "Springfield, IL 62701", "(217) 555-0166", "(217) 555-0167", "#26547c"),
    Facility("Openfield MRI & X-Ray", "18 Beltway Court",
             "Champaign, IL 61821", "(217) 555-0177", "(217) 555-0178", "#4a7c59"),
)  # fmt: skip
PROVIDERS: tuple[Provider, ...] = (
    Provider("James", "O'Brien", "MD", npi("200411730")),
    Provider("Priya", "Raman", "MD", npi("201557842")),
    Provider("Helen", "Okafor", "DO", npi("202938114")),
    Provider("Tomás", "Ibáñez", "MD", npi("203640275")),
    Provider("Karen", "Whitfield", "NP", npi("204771938")),
    Provider("Samuel", "Levinson", "MD, PhD", npi("205182266")),
    Provider("Grace", "Lindqvist", "MD", npi("206903517")),
    Provider("Anil", "Deshpande", "MD", npi("207225609")),
)
PHYSICIANS = tuple(p for p in PROVIDERS if p.degree.startswith(("MD", "DO")))
