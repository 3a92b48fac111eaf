"""Laboratory tests with ranges, and reports of made-up results.

The ranges are common adult ones, only so that the paper looks right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Analyte:
    """A test: printed names to choose from, units to choose from, range, printed decimals.

    ``low`` or ``high`` None is a one-sided range. Qualitative tests have ``normal`` and
    ``abnormal`` words and no numbers.
    """

    names: tuple[str, ...]
    units: tuple[str, ...] = ("",)
    low: float | None = None
    high: float | None = None
    decimals: int = 0
    normal: tuple[str, ...] = ()
    abnormal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One printed result; ``flag`` is "", H, L or A, ``name`` may be wrapped by the layout."""

    name: str
    value: str
    unit: str
    low: float | None
    high: float | None
    decimals: int
    flag: str
    words: str = ""

    @property
    def range_text(self) -> str:
        """The usual printed form; one-sided ranges with a comparison sign."""
        return range_text(self, "-")


LIPID = (
    Analyte(("Cholesterol, Total", "Total Cholesterol", "Cholesterol"), ("mg/dL",), 100, 199),
    Analyte(("Triglycerides", "Triglyceride"), ("mg/dL",), None, 150),
    Analyte(("HDL Cholesterol", "HDL-C", "HDL Chol"), ("mg/dL",), 40, None),
    Analyte(("LDL Chol Calc (NIH)", "LDL Cholesterol Calc", "LDL-C"), ("mg/dL",), 0, 99),
    Analyte(("Non-HDL Cholesterol", "Non-HDL-C"), ("mg/dL",), None, 130),
)
METABOLIC = (
    Analyte(("Glucose", "Glucose, Serum", "Glucose, Fasting"), ("mg/dL",), 65, 99),
    Analyte(("BUN", "Urea Nitrogen (BUN)"), ("mg/dL",), 6, 24),
    Analyte(("Creatinine", "Creatinine, Serum"), ("mg/dL",), 0.57, 1.27, 2),
    Analyte(("eGFR", "eGFR (CKD-EPI 2021)"), ("mL/min/1.73m2", "mL/min/1.73"), 59, None),
    Analyte(("Sodium", "Sodium, Serum"), ("mmol/L", "mEq/L"), 134, 144),
    Analyte(("Potassium", "Potassium, Serum"), ("mmol/L", "mEq/L"), 3.5, 5.2, 1),
    Analyte(("Chloride",), ("mmol/L", "mEq/L"), 96, 106),
    Analyte(("Carbon Dioxide, Total", "CO2"), ("mmol/L", "mEq/L"), 20, 29),
    Analyte(("Calcium", "Calcium, Serum"), ("mg/dL",), 8.7, 10.2, 1),
    Analyte(("Protein, Total", "Total Protein"), ("g/dL",), 6.0, 8.5, 1),
    Analyte(("Albumin",), ("g/dL",), 3.8, 4.9, 1),
    Analyte(("Bilirubin, Total", "Total Bilirubin"), ("mg/dL",), 0.0, 1.2, 1),
    Analyte(("Alkaline Phosphatase", "ALP"), ("IU/L", "U/L"), 44, 121),
    Analyte(("AST (SGOT)", "AST"), ("IU/L", "U/L"), 0, 40),
    Analyte(("ALT (SGPT)", "ALT"), ("IU/L", "U/L"), 0, 44),
)
BLOOD_COUNT = (
    Analyte(("WBC", "White Blood Cell Count"), ("x10E3/uL", "K/uL", "10^3/uL"), 3.4, 10.8, 1),
    Analyte(("RBC", "Red Blood Cell Count"), ("x10E6/uL", "M/uL", "10^6/uL"), 3.77, 5.80, 2),
    Analyte(("Hemoglobin", "HGB"), ("g/dL",), 11.1, 17.7, 1),
    Analyte(("Hematocrit", "HCT"), ("%",), 34.0, 51.0, 1),
    Analyte(("MCV",), ("fL",), 79, 97),
    Analyte(("MCH",), ("pg",), 26.6, 33.0, 1),
    Analyte(("RDW",), ("%",), 11.6, 15.4, 1),
    Analyte(("Platelets", "Platelet Count"), ("x10E3/uL", "K/uL", "10^3/uL"), 150, 450),
    Analyte(("Neutrophils", "Neutrophils %"), ("%",), 40, 74),
    Analyte(("Lymphs", "Lymphocytes %"), ("%",), 14, 46),
)
DIABETES = (
    Analyte(("Hemoglobin A1c", "HbA1c", "Hgb A1c"), ("%",), 4.8, 5.6, 1),
    Analyte(("Albumin/Creatinine Ratio, Urine", "Microalb/Creat Ratio"), ("mg/g creat", "mg/g"),
            0, 29),
)  # fmt: skip
THYROID = (
    Analyte(("TSH", "Thyroid Stimulating Hormone"), ("uIU/mL", "mIU/L"), 0.45, 4.5, 2),
    Analyte(("T4, Free (Direct)", "Free T4", "T4,Free"), ("ng/dL",), 0.82, 1.77, 2),
)
VITAMINS = (
    Analyte(("Vitamin D, 25-Hydroxy",), ("ng/mL",), 30.0, 100.0, 1),
    Analyte(("Vitamin B12",), ("pg/mL",), 232, 1245),
    Analyte(("Ferritin", "Ferritin, Serum"), ("ng/mL",), 15, 150),
    Analyte(("C-Reactive Protein, Cardiac", "hs-CRP"), ("mg/L",), None, 3.0, 2),
)
URINE = (
    Analyte(("Color",), normal=("Yellow",), abnormal=("Amber",)),
    Analyte(("Appearance",), normal=("Clear",), abnormal=("Cloudy", "Hazy")),
    Analyte(("Specific Gravity",), ("",), 1.005, 1.030, 3),
    Analyte(("pH",), ("",), 5.0, 7.5, 1),
    Analyte(("Protein",), normal=("Negative",), abnormal=("Trace", "1+", "2+")),
    Analyte(("Glucose",), normal=("Negative",), abnormal=("1+", "3+")),
    Analyte(("Ketones",), normal=("Negative",), abnormal=("Trace",)),
    Analyte(("Nitrite",), normal=("Negative",), abnormal=("Positive",)),
    Analyte(("Leukocyte Esterase",), normal=("Negative",), abnormal=("Small", "1+")),
)
LONG_NAMES = (
    Analyte(("Lipoprotein-Associated Phospholipase A2 Activity",), ("nmol/min/mL",), None, 225),
    Analyte(("Thyroid Peroxidase (TPO) Antibodies, Quantitative",), ("IU/mL",), 0, 34),
    Analyte(("Tissue Transglutaminase Antibody, IgA",), ("U/mL",), 0, 3),
    Analyte(("Apolipoprotein B, Serum or Plasma",), ("mg/dL",), None, 90),
)
GERMAN = (
    Analyte(("Leukozyten",), ("Tsd/µl",), 3.9, 10.2, 1),
    Analyte(("Erythrozyten",), ("Mio/µl",), 4.3, 5.75, 2),
    Analyte(("Hämoglobin",), ("g/dl",), 13.5, 17.2, 1),
    Analyte(("Thrombozyten",), ("Tsd/µl",), 150, 370),
    Analyte(("Glukose nüchtern",), ("mg/dl",), 70, 99),
    Analyte(("HbA1c",), ("%",), 4.0, 6.0, 1),
    Analyte(("Kreatinin",), ("mg/dl",), 0.67, 1.17, 2),
    Analyte(("Natrium",), ("mmol/l",), 136, 145),
    Analyte(("Kalium",), ("mmol/l",), 3.5, 5.1, 1),
    Analyte(("GOT (AST)",), ("U/l",), 10, 50),
    Analyte(("GPT (ALT)",), ("U/l",), 10, 50),
    Analyte(("Cholesterin gesamt",), ("mg/dl",), None, 200),
    Analyte(("LDL-Cholesterin",), ("mg/dl",), None, 116),
    Analyte(("HDL-Cholesterin",), ("mg/dl",), 40, None),
    Analyte(("Triglyzeride",), ("mg/dl",), None, 150),
    Analyte(("TSH basal",), ("mU/l",), 0.27, 4.2, 2),
    Analyte(("CRP",), ("mg/l",), None, 5.0, 1),
)

PANELS: dict[str, tuple[str, tuple[Analyte, ...]]] = {
    "lipid": ("Lipid Panel", LIPID),
    "metabolic": ("Comp. Metabolic Panel (14)", METABOLIC),
    "blood": ("CBC With Differential/Platelet", BLOOD_COUNT),
    "diabetes": ("Diabetes Monitoring", DIABETES),
    "thyroid": ("Thyroid Panel", THYROID),
    "vitamins": ("Vitamins and Inflammation", VITAMINS),
    "urine": ("Urinalysis, Complete", URINE),
    "long": ("Special Chemistry", LONG_NAMES),
}


def number(value: float, decimals: int) -> str:
    """Fixed decimals, as an analyser prints."""
    return f"{value:.{decimals}f}"


def range_text(result: Result, dash: str) -> str:
    """Low and high joined by ``dash``; one side only as ``<150`` or ``>39``."""
    if result.words:
        return result.words
    low, high = result.low, result.high
    if low is not None and high is not None:
        return f"{number(low, result.decimals)}{dash}{number(high, result.decimals)}"
    if high is not None:
        return f"<{number(high, result.decimals)}"
    return f">{number(low or 0, result.decimals)}" if low is not None else ""


def draw_result(analyte: Analyte, rng: Random, *, odds: float = 0.25) -> Result:
    """A result that is abnormal with probability ``odds`` and flagged accordingly."""
    name, unit = rng.choice(analyte.names), rng.choice(analyte.units)
    abnormal = rng.random() < odds
    if analyte.normal:
        word = rng.choice(analyte.abnormal if abnormal else analyte.normal)
        flag = "A" if abnormal else ""
        return Result(name, word, "", None, None, 0, flag, words=analyte.normal[0])
    low, high = analyte.low, analyte.high
    step = 10.0**-analyte.decimals
    floor = low if low is not None else (high or 0) * 0.4
    ceiling = high if high is not None else (low or 0) * 1.8
    spread = max(ceiling - floor, step)
    inner = min(spread * 0.1, spread / 3)
    value, flag = rng.uniform(floor + inner, ceiling - inner), ""
    if abnormal:
        value, flag = _outside(low, high, spread, step, rng)
    return Result(
        name, number(value, analyte.decimals), unit, low, high, analyte.decimals, flag
    )  # fmt: skip


def _outside(
    low: float | None, high: float | None, spread: float, step: float, rng: Random
) -> tuple[float, str]:
    """A value clearly out of the range after rounding, and its flag."""
    # A narrow range that starts near its own bottom (specific gravity) has no value below it.
    can_fall = low is not None and low > 5 * step and (high is None or low < 0.97 * high)
    go_low = high is None or (can_fall and rng.random() < 0.35)
    if go_low and low is not None:
        return max(low - max(spread * rng.uniform(0.1, 0.3), step), low * 0.55), "L"
    return (high or 0) + max(spread * rng.uniform(0.1, 0.5), 2 * step), "H"


def report(
    panels: Sequence[str], rng: Random, *, odds: float = 0.25
) -> list[tuple[str, list[Result]]]:
    """Results of the named panels; a test name is printed once in a report."""
    seen: set[str] = set()
    out: list[tuple[str, list[Result]]] = []
    for key in panels:
        title, analytes = PANELS[key]
        rows = []
        for analyte in analytes:
            result = draw_result(analyte, rng, odds=odds)
            if result.name not in seen:
                seen.add(result.name)
                rows.append(result)
        out.append((title, rows))
    return out
