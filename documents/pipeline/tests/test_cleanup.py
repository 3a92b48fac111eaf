"""Straightening a page, and the way back of every box."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from documents.pipeline import cleanup
from documents.pipeline.cleanup import CleanPage, Picture, clean

from .opening_samples import near, paper, paper_box

Matrix = np.ndarray


def page() -> Picture:
    return np.array(paper(), dtype=np.uint8)


def tilted(image: Picture, degrees: float) -> tuple[Picture, Matrix]:
    """A page turned counter-clockwise on a canvas of its own size."""
    height, width = image.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(image, matrix, (width, height), borderValue=255)
    return np.asarray(turned, dtype=np.uint8), np.vstack([matrix, [0, 0, 1]])


def photograph(image: Picture) -> tuple[Picture, Matrix]:
    """The page on a dark table, in perspective, with a shadow."""
    height, width = image.shape
    corners = np.array([[160, 190], [1350, 120], [1500, 1850], [90, 1760]], dtype=np.float32)
    sheet = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(sheet, corners)
    size = (1600, 2000)
    placed = cv2.warpPerspective(image, matrix, size)
    inside = cv2.warpPerspective(np.full_like(image, 255), matrix, size) > 0
    shadow = np.linspace(1.0, 0.55, size[0])[None, :]
    photo = np.where(inside, placed * 0.9 * shadow, 55)
    return np.asarray(photo, dtype=np.uint8), matrix


def ink_of(result: CleanPage, text: str) -> np.ndarray:
    """Where the clean page should have a piece of print: corners in clean pixels."""
    x0, y0, x1, y1 = paper_box(text)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


@pytest.mark.parametrize("degrees", [-6.0, -1.5, 0.0, 0.8, 4.0])
def test_skew_is_found(degrees: float) -> None:
    image, _ = tilted(page(), -degrees)
    result = clean(image)
    assert result.skew == pytest.approx(degrees, abs=0.15)
    assert not result.perspective


def test_upright_page_is_left_alone() -> None:
    image = page()
    result = clean(image)
    assert result.image is image
    assert (result.quarter, result.skew, result.perspective) == (0, 0.0, False)
    assert np.array_equal(result.forward, np.eye(3))


@pytest.mark.parametrize("degrees", [-5.0, 3.0])
@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
def test_box_of_a_turned_page_maps_back(degrees: float, quarter: int) -> None:
    """The page lies turned and tilted; print found on the clean page maps to where it was."""
    image, matrix = tilted(page(), degrees)
    height, width = image.shape
    lying = np.ascontiguousarray(np.rot90(image, quarter // 90))  # undone by that clockwise turn
    result = clean(lying, quarter=quarter)
    text = "Acme Clinical Laboratory"
    corners = ink_of(result, text) * [width, height]
    tilted_corners = cleanup.transform(corners, matrix)
    fraction = tilted_corners / [width, height]
    x, y = fraction[:, 0], fraction[:, 1]
    shown = {0: (x, y), 90: (y, 1 - x), 180: (1 - x, 1 - y), 270: (1 - y, x)}[quarter]
    expected = (shown[0].min(), shown[1].min(), shown[0].max(), shown[1].max())
    found = cleanup.transform(
        np.column_stack(shown) * [lying.shape[1], lying.shape[0]], result.forward
    )
    region = result.image[
        int(found[:, 1].min()) - 3 : int(found[:, 1].max()) + 4,
        int(found[:, 0].min()) - 3 : int(found[:, 0].max()) + 4,
    ]
    assert (region < 128).mean() > 0.08  # the print is there, and horizontal
    assert found[0][1] == pytest.approx(found[1][1], abs=6)
    assert near(result.box_on_page(found), expected, 0.004)


def test_photographed_sheet_is_flattened() -> None:
    image, matrix = photograph(page())
    result = clean(image)
    assert result.perspective
    corners = ink_of(result, "Signed by Rosa Alvarez, MD") * [1275, 1650]
    shown = cleanup.transform(corners, matrix)
    found = cleanup.transform(shown, result.forward)
    height, width = result.image.shape[:2]
    expected = ink_of(result, "Signed by Rosa Alvarez, MD")
    assert np.abs(found / [width, height] - expected).max() < 0.012
    low, high = shown.min(axis=0) / [1600, 2000], shown.max(axis=0) / [1600, 2000]
    assert near(result.box_on_page(found), (*low, *high), 0.004)


def test_shadow_is_removed() -> None:
    image, _ = photograph(page())
    result = clean(image)
    assert result.measures.uneven > 26
    assert cleanup.measure(cleanup.grey(result.image)).uneven < 12


def test_frame_printed_on_the_page_is_not_taken_for_a_sheet() -> None:
    image = page()
    cv2.rectangle(image, (90, 180), (1200, 1450), 0, 4)
    assert not clean(image).perspective


def test_dark_page_edge_of_a_scanner_is_not_cut_into_the_print() -> None:
    image = page()
    image[:, :20] = 30
    result = clean(image)
    assert result.box_on_page(np.array([[0.0, 0.0], [10.0, 10.0]]))[0] == 0.0


def test_small_page_is_enlarged_and_large_one_reduced() -> None:
    small = np.asarray(paper().resize((510, 660)), dtype=np.uint8)
    assert max(clean(small).image.shape) == 1320
    large = np.asarray(paper().resize((2800, 3623)), dtype=np.uint8)
    assert max(clean(large).image.shape) == 3000


@pytest.mark.parametrize("level", [255, 200, 90])
def test_blank_page(level: int) -> None:
    noise = np.random.default_rng(1).normal(level, 3, (1600, 1200)).clip(0, 255)
    assert clean(np.asarray(noise, dtype=np.uint8)).blank


def test_one_line_of_print_is_not_blank() -> None:
    image = np.full((1650, 1275), 255, dtype=np.uint8)
    cv2.putText(image, "Glucose 105", (200, 300), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2)
    assert not clean(image).blank


def test_missing_picture(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cleanup.load(tmp_path / "nothing.png")
