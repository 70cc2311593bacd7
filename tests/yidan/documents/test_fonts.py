from fontTools.ttLib import TTFont

from yidan.documents import fonts


def test_every_document_has_two_weights(font_folder):
    assert [face.weight for face in fonts.prepare(font_folder)] == [400, 700]
    assert fonts.prepared(font_folder)


def test_a_face_is_cut_once_and_then_taken_from_the_folder(tmp_path):
    (face,) = fonts.rare_faces(tmp_path, "堃")
    made = face.path.stat().st_mtime_ns
    assert fonts.rare_faces(tmp_path, "堃") == (face,)
    assert face.path.stat().st_mtime_ns == made
    assert list(tmp_path.iterdir()) == [face.path]


def test_a_cut_is_static_truetype_with_gb2312_and_latin_in_under_three_megabytes(font_folder):
    face = fonts.prepare(font_folder)[0]
    font = TTFont(face.path)
    assert "glyf" in font
    assert "fvar" not in font
    assert set(map(ord, "连云港设备交接单提货单“”—·〓㎡№ÄÖÜäöüßéAz09")) - set(
        font.getBestCmap()
    ) <= {ord("㎡")}
    assert face.path.stat().st_size < 3_000_000


def test_the_weights_differ(font_folder):
    light, bold = (TTFont(face.path) for face in fonts.prepare(font_folder))
    assert light["hmtx"]["A"] != bold["hmtx"]["A"]


def test_common_text_needs_no_further_face(font_folder):
    assert fonts.rare_faces(font_folder, "西安渭河装备制造有限公司 Xi'an") == ()


def test_rare_characters_get_a_face_of_their_own(font_folder):
    (face,) = fonts.rare_faces(font_folder, "陈堃、李喆、朱镕基")
    assert set(map(ord, "堃喆镕")) <= set(TTFont(face.path).getBestCmap())
    assert face.path.stat().st_size < 30_000
    assert fonts.rare_faces(font_folder, "镕堃喆") == (face,)


def test_what_no_face_has_is_printed_as_geta_and_lines_stay_lines():
    assert fonts.printable("箱\n🚢 堃") == "箱\n〓 堃"
