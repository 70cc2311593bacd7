"""The pictures of the three documents; with PICTURES set to a folder they are written there."""

import os
from pathlib import Path

import pytest

SHOWN = {
    "multimodal_waybill": "duisburg_xian",
    "delivery_order": "containers",
    "eir": "gate_out_laden",
}


@pytest.mark.parametrize(("kind", "example"), SHOWN.items(), ids=SHOWN)
def test_a_page_is_a_full_sheet_with_clean_margins_and_fits_the_docs(
    kind, example, pdf_of, picture_of, tmp_path
):
    picture = picture_of(pdf_of(kind, example), scale=1.5)
    folder = Path(os.environ.get("PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{kind.replace('_', '-')}.png"
    picture.quantize(128).save(file, optimize=True)

    width, height = picture.size
    assert abs(height / width - 297 / 210) < 0.01
    dark = picture.convert("L").point(lambda grey: 255 if grey < 200 else 0).getbbox()
    margin = width * 11 // 210
    assert dark[0] >= margin
    assert dark[2] <= width - margin
    assert file.stat().st_size < 150_000
