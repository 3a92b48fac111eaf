"""Small laboratory reports drawn for tests, as text and as scanned paper."""

from __future__ import annotations

import io

import pypdfium2 as pdfium
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

ROWS = (
    ("Glucose", "95", "", "mg/dL", "70-99"),
    ("Sodium", "140", "", "mmol/L", "136-145"),
    ("Potassium", "4.1", "", "mmol/L", "3.5-5.1"),
    ("Chloride", "102", "", "mmol/L", "98-107"),
    ("Calcium", "9.4", "", "mg/dL", "8.6-10.3"),
    ("Creatinine", "0.92", "", "mg/dL", "0.60-1.20"),
)
COLUMNS = (54, 250, 310, 360, 450)


def report(
    rows: tuple[tuple[str, ...], ...] = ROWS,
    *,
    title: str = "Laboratory Report",
    accession: str = "RM2604411",
    collected: str = "10/22/2026",
    reported: str = "10/23/2026",
    name: str = "Rodriguez, Alex",
    dob: str = "03/14/1979",
    mrn: str = "100001",
) -> bytes:
    """A PDF with one page of results; by default of the samples' Alex Rodriguez."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=letter, invariant=1)
    canvas.setFont("Helvetica-Bold", 15)
    canvas.drawString(54, 730, "Riverside Medical Laboratory")
    canvas.setFont("Helvetica", 10)
    canvas.drawString(54, 714, "1200 River Road, Springfield, IL 62701   Phone: (217) 555-0101")
    canvas.setFont("Helvetica-Bold", 12)
    canvas.drawString(54, 690, title)
    canvas.setFont("Helvetica", 10)
    head = (
        (f"Patient Name: {name}", f"Accession: {accession}"),
        (f"Date of Birth: {dob}", f"Collected: {collected}"),
        (f"MRN: {mrn}", f"Reported: {reported}"),
        ("Sex: M", "Ordering Provider: Samuel Levinson, MD"),
    )
    for line, (left, right) in enumerate(head):
        canvas.drawString(54, 666 - 16 * line, left)
        canvas.drawString(320, 666 - 16 * line, right)
    table = (("Test", "Result", "Flag", "Units", "Reference Range"), *rows)
    for line, cells in enumerate(table):
        for x, cell in zip(COLUMNS, cells, strict=True):
            canvas.drawString(x, 580 - 18 * line, cell)
    canvas.drawString(54, 90, "Final report. Results relate to the specimen received. Page 1 of 1")
    canvas.save()
    return out.getvalue()


def scanned(pdf: bytes, *, dpi: int = 150) -> bytes:
    """The paper of a PDF as a scanner's picture of it."""
    out = io.BytesIO()
    document = pdfium.PdfDocument(pdf)
    document[0].render(scale=dpi / 72, rotation=0).to_pil().convert("L").save(out, "PNG")
    document.close()
    return out.getvalue()
