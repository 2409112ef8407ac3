"""Images of one's own are what they look like: transparency, order, depth, labels, and nothing left out in silence."""

import errno
import io
import os
import shutil
import struct
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from soapbubble.config.data import MNIST, Digits, Faces
from soapbubble.data import local
from soapbubble.data.dataset import load, problems, save
from soapbubble.errors import SoapbubbleError
from soapbubble.folders import files_in, natural
from soapbubble.provenance.files import digest

PLAIN = {"size": None, "count": None, "test_share": 0.25, "seed": 0}


def block(path, kind=Faces, **changes):
    return kind(**PLAIN | {"path": str(path)} | changes)


def built(path, kind=Faces, **changes):
    made = local.build(block(path, kind, **changes))
    return np.concatenate(list(made.chunks)), made


def grey(value, mode="L"):
    return Image.new(mode, (8, 8), value)


def packed(image, kind="png"):
    data = io.BytesIO()
    image.save(data, kind)
    return data.getvalue()


def numbered(folder, count=12):
    """Images whose grey value is their number, named as people name them."""
    folder.mkdir()
    for number in range(count):
        grey(number).save(folder / f"{number}.png")
    return folder


def as_zip(folder):
    file = folder.with_suffix(".zip")
    with zipfile.ZipFile(file, "w") as archive:
        for item in folder.iterdir():
            archive.write(item, item.name)
    return file


def as_tar(folder):
    file = folder.with_suffix(".tar.gz")
    with tarfile.open(file, "w:gz") as archive:
        for item in folder.iterdir():
            archive.add(item, item.name)
    return file


@pytest.mark.parametrize("store", [lambda folder: folder, as_zip, as_tar])
def test_images_and_labels_meet_in_natural_order(tmp_path, store):
    source = store(numbered(tmp_path / "mine"))
    labels = tmp_path / "labels.npy"
    np.save(labels, np.arange(12))
    images, made = built(source, labels=str(labels))
    assert images[:, 0, 0, 0].tolist() == made.extras["labels"].tolist()
    assert sorted(made.extras["labels"].tolist()) == list(range(12))
    assert "natural order" in made.source


def test_names_that_count_as_one_number_are_refused(tmp_path):
    folder = numbered(tmp_path / "mine")
    grey(5).save(folder / "05.png")
    with pytest.raises(SoapbubbleError, match=r"0?5\.png and 0?5\.png have no order"):
        built(folder)


def test_people_count_two_before_ten():
    assert sorted(["10.png", "2.png", "a.png", "1.png"], key=lambda name: natural([name])) == [
        "1.png",
        "2.png",
        "10.png",
        "a.png",
    ]


@pytest.mark.parametrize(
    "names",
    [
        ["1.png", "1²2.png", "2.png", "²a.png", "²²a.png", "٣.png"],
        ["9.png", "8" * 5000 + ".png", "9" * 5000 + ".png", "1" + "0" * 5000 + ".png"],
        ["0.png", "01 b.png", "1.png", "0009.png", "010.png"],
    ],
)
def test_only_plain_digits_count_however_many_there_are(names):
    assert sorted(reversed(names), key=lambda name: natural([name])) == names


def test_a_name_with_a_raised_digit_and_a_member_with_many_digits_are_read(tmp_path):
    folder = numbered(tmp_path / "mine")
    grey(12).save(folder / "1²2.png")
    assert len(built(folder)[0]) == 13
    with zipfile.ZipFile(as_zip(folder), "a") as archive:
        archive.writestr("9" * 5000 + ".png", packed(grey(13)))
    assert len(built(tmp_path / "mine.zip")[0]) == 14


@pytest.mark.parametrize(("ground", "expected"), [("white", 255), ("black", 0)])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_show_the_ground_and_not_their_hidden_colours(tmp_path, ground, expected, mode):
    (tmp_path / "mine").mkdir()
    for number in range(3):
        hidden = Image.new("RGBA", (8, 8), (90, 90, 90, 0))
        hidden.paste((90, 90, 90, 255), (0, 0, 4, 8))
        image = hidden.convert("LA") if mode == "LA" else hidden if mode == "RGBA" else hidden.quantize(4)
        image.save(tmp_path / "mine" / f"{number}.png")
    images, made = built(tmp_path / "mine", ground=ground)
    assert np.abs(images[:, :, :4].astype(int) - 90).max() <= 2
    assert (images[:, :, 4:] == expected).all()
    assert f"transparent parts on {ground}" in made.source


def png_of_16_bits(channels):
    rows = np.full((8, 8, channels), 3000, ">u2")
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", 8, 8, 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


DEEP = {
    "grey.png": png_of_16_bits(1),
    "grey and alpha.png": png_of_16_bits(2),
    "colour.png": png_of_16_bits(3),
    "colour and alpha.png": png_of_16_bits(4),
    "colour.ppm": b"P6\n8 8\n65535\n" + np.full((8, 8, 3), 3000, ">u2").tobytes(),
}


def tiff_of_16_bits():
    """A TIFF of one strip, 8 x 8 pixels of three colours of 16 bits."""
    pixels = np.full((8, 8, 3), 3000, "<u2").tobytes()
    tags = {256: 8, 257: 8, 259: 1, 262: 2, 277: 3, 278: 8, 279: len(pixels), 284: 1}
    start = 8 + 2 + 12 * (len(tags) + 2) + 4
    entries = {tag: struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in tags.items()}
    entries[258] = struct.pack("<HHII", 258, 3, 3, start)
    entries[273] = struct.pack("<HHII", 273, 4, 1, start + 6)
    directory = struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<HHH", 16, 16, 16) + pixels


DEEP["colour.tif"] = tiff_of_16_bits()


def with_a_chunk_first(png):
    """The PNG with a chunk of text before its header."""
    text = b"tEXta\0b"
    return png[:8] + struct.pack(">I", 3) + text + struct.pack(">I", zlib.crc32(text)) + png[8:]


DEEP["text first.png"] = with_a_chunk_first(png_of_16_bits(3))
DEEP |= {
    "after the kind.ppm": b"P6 # 8\n8 8\n65535\n" + np.full((8, 8, 3), 3000, ">u2").tobytes(),
    "after the width.ppm": b"P6\n8\n# hello\n8\n65535\n" + np.full((8, 8, 3), 3000, ">u2").tobytes(),
    "after the height.ppm": b"P6\n8 8 # a\r#b\n65535\n" + np.full((8, 8, 3), 3000, ">u2").tobytes(),
    "after the width.pgm": b"P5\n8\n# hello\n8\n65535\n" + np.full((8, 8), 3000, ">u2").tobytes(),
    "ten bits.pgm": b"P5\n8\n# hello\n8\n1023\n" + np.full((8, 8), 300, ">u2").tobytes(),
    "in figures.ppm": b"P3\n8\n# hello\n8\n65535\n" + b"3000 " * 192,
}


@pytest.mark.parametrize("name", DEEP)
def test_sixteen_bits_are_refused_whatever_the_colours(tmp_path, name):
    folder = numbered(tmp_path / "mine")
    (folder / name).write_bytes(DEEP[name])
    with pytest.raises(SoapbubbleError, match=r"16 bits a channel; convert it to 8 bits"):
        built(folder)


def test_floats_from_0_to_1_and_truth_values_are_brought_to_bytes(tmp_path):
    wanted = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
    np.save(tmp_path / "floats.npy", wanted / 255)
    assert (np.sort(built(tmp_path / "floats.npy")[0][..., 0].ravel()) == np.sort(wanted.ravel())).all()
    np.save(tmp_path / "truth.npy", wanted > 127)
    assert set(np.unique(built(tmp_path / "truth.npy")[0])) == {0, 255}


@pytest.mark.parametrize(
    ("array", "fault"),
    [
        (np.linspace(0, 255, 256).reshape(4, 8, 8), "from 0 to 255, but floats must be from 0 to 1"),
        (np.full((4, 8, 8), np.nan), "floats must be from 0 to 1"),
        (np.ones((4, 8, 8), np.int64), "holds int64"),
    ],
)
def test_numbers_of_another_range_are_refused(tmp_path, array, fault):
    np.save(tmp_path / "mine.npy", array)
    with pytest.raises(SoapbubbleError, match=fault):
        built(tmp_path / "mine.npy")


def as_npy(folder, pixels):
    np.save(folder / "mine.npy", pixels)
    return folder / "mine.npy"


def as_floats(folder, pixels):
    return as_npy(folder, pixels / 255)


def as_idx(folder, pixels):
    (folder / "mine.idx").write_bytes(b"\0\0\x08\3" + struct.pack(">III", *pixels.shape) + pixels.tobytes())
    return folder / "mine.idx"


def as_pngs(folder, pixels):
    (folder / "mine").mkdir()
    for number, image in enumerate(pixels):
        Image.fromarray(image).save(folder / "mine" / f"{number}.png")
    return folder / "mine"


def as_mnist(folder, pixels):
    (folder / "mine").mkdir()
    for images, labels in MNIST:
        as_idx(folder, pixels).rename(folder / "mine" / images)
        (folder / "mine" / labels).write_bytes(b"\0\0\x08\1" + struct.pack(">I", len(pixels)) + bytes(len(pixels)))
    return folder / "mine"


@pytest.mark.parametrize(
    "store", [as_npy, as_floats, as_idx, as_mnist, as_pngs, lambda *given: zipped(as_pngs(*given))]
)
@pytest.mark.parametrize(
    ("most", "fault"),
    [
        (1, r"holds images with no value above 1 of 255, .*multiply them by 255"),
        (0, "holds images that are black throughout; give images"),
    ],
)
def test_images_that_are_black_or_nearly_so_are_refused_wherever_they_come_from(tmp_path, store, most, fault):
    pixels = np.zeros((5, 8, 8), np.uint8)
    pixels[:, 3:, ::2] = most
    with pytest.raises(SoapbubbleError, match=rf"mine(\.\w+)?: {fault}") as caught:
        built(store(tmp_path, pixels))
    assert most or "255" not in str(caught.value)
    shutil.rmtree(tmp_path / "mine", ignore_errors=True)
    pixels[-1, 0, 0] = 2
    assert built(store(tmp_path, pixels))[0].max() == 2


def test_images_of_one_bit_are_black_and_white(tmp_path):
    pixels = np.zeros((5, 8, 8), bool)
    pixels[:, 3:, ::2] = True
    assert built(as_pngs(tmp_path, pixels))[0].max() == 255


def test_what_is_left_out_is_counted_and_named(tmp_path):
    folder = numbered(tmp_path / "mine")
    (folder / "a.heic").write_bytes(b"....ftypheic")
    (folder / "notes.txt").write_text("not an image")
    source = built(folder)[1].source
    assert "all images" in source
    assert "2 other files left out: a.heic, notes.txt" in source


def test_hidden_images_links_to_nothing_and_pipes_are_counted_and_named(tmp_path):
    folder = numbered(tmp_path / "mine")
    before = block(folder).local_files(), digest(folder)
    (folder / ".15.png").write_bytes(packed(grey(7)))
    (folder / ".old").mkdir()
    (folder / ".old" / "photo").write_bytes(packed(grey(7)))
    (folder / "13.png").symlink_to("nowhere.png")
    (folder / "14.png").symlink_to("14.png")
    os.mkfifo(folder / "16.png")
    for name in (".DS_Store", "._3.png", ".notes", "Thumbs.db"):
        (folder / name).write_bytes(b"\0\5\x16\7")
    os.mkfifo(folder / ".17.png")
    (folder / ".18.png").symlink_to("nowhere.png")
    (folder / "@eaDir").mkdir()
    (folder / "@eaDir" / "small.jpg").write_bytes(packed(grey(7), "jpeg"))
    images, made = built(folder)
    assert len(images) == 12
    assert (
        "; 5 other files left out: 13.png (a link to nothing), 14.png (a link to nothing), "
        "16.png (neither file nor folder), .15.png (hidden), .old/photo (hidden))"
    ) in made.source
    assert (block(folder).local_files(), digest(folder)) == before


def test_hidden_images_are_named_whether_packed_or_not(tmp_path):
    folder = numbered(tmp_path / "mine")
    (folder / ".old").mkdir()
    for name in (".old/photo", ".15.png", "__MACOSX.png"):
        (folder / name).write_bytes(packed(grey(7)))
    (folder / "._3.png").write_bytes(b"\0\5\x16\7")
    images, told = read_alike(folder)
    assert len(images) == 13
    assert "2 other files left out: .15.png (hidden), .old/photo (hidden)" in told


@pytest.mark.parametrize("name", ["photo.jfif", "photo.jpe", "photo", "photo.image"])
def test_images_are_known_by_what_they_hold(tmp_path, name):
    folder = numbered(tmp_path / "mine")
    (folder / name).write_bytes(packed(grey(200), "jpeg"))
    images, made = built(folder)
    assert len(images) == 13
    assert "left out" not in made.source


def zipped(folder):
    return Path(shutil.make_archive(str(folder), "zip", folder))


def tarred(folder):
    return Path(shutil.make_archive(str(folder), "gztar", folder))


def read_alike(folder):
    """The images and what the card says of them, the same for a folder and its archives."""
    found = [built(path) for path in (folder, zipped(folder), tarred(folder))]
    for images, _ in found:
        assert np.array_equal(images, found[0][0])
    told = {made.source.partition(" ")[2] for _, made in found}
    assert len(told) == 1
    return found[0][0], told.pop()


ODD = {
    "bitmap": packed(grey(20), "bmp"),
    "film": packed(grey(21), "gif"),
    "inner/photo": packed(grey(22), "jpeg"),
    "inner/photo.jpeg~": packed(grey(23), "jpeg"),
    "portable.pnm": packed(grey(24), "ppm"),
    "scan.dat": packed(grey(25), "tiff"),
    "web": packed(grey(26), "webp"),
    "picture.PNG.bak": packed(grey(27)),
}
NO_IMAGES = {
    "body.csv": b"BMI,age\n20,40\n" + b"1" * 40,
    "empty": b"",
    "sound": b"RIFF\4\0\0\0WAVEfmt ",
    "P5.txt": b"P5 is it\n",
}


def test_a_tree_of_odd_names_is_the_same_as_a_folder_and_packed(tmp_path):
    folder = numbered(tmp_path / "mine")
    (folder / "inner").mkdir()
    for name, data in (ODD | NO_IMAGES).items():
        (folder / name).write_bytes(data)
    images, told = read_alike(folder)
    assert len(images) == 12 + len(ODD)
    assert "4 other files left out: P5.txt, body.csv, empty, sound" in told


@pytest.mark.parametrize("pack", [lambda folder: folder, zipped, tarred])
def test_further_frames_of_a_file_without_a_suffix_are_counted(tmp_path, pack):
    folder = numbered(tmp_path / "mine")
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 100, 200)]
    frames[0].save(folder / "film", "gif", save_all=True, append_images=frames[1:])
    assert "2 frames left out" in built(pack(folder))[1].source


def test_a_zip_whose_names_begin_with_a_dot_and_a_slash_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"./{number}.png", packed(grey(number)))
    assert len(built(tmp_path / "mine.zip")[0]) == 3


def test_upper_case_archives_are_read(tmp_path):
    file = as_zip(numbered(tmp_path / "mine"))
    assert len(built(file.rename(tmp_path / "MINE.ZIP"))[0]) == 12


def test_linked_folders_are_followed_but_not_in_circles(tmp_path):
    elsewhere = numbered(tmp_path / "elsewhere")
    folder = tmp_path / "mine"
    folder.mkdir()
    grey(100).save(folder / "100.png")
    (folder / "more").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(folder)
    assert len(built(folder)[0]) == 13
    assert len(block(folder).local_files()) == 13


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "@eaDir/a.png", "__MACOSX/a.png"])
def test_what_a_file_manager_leaves_makes_nothing_stale(tmp_path, name):
    folder = numbered(tmp_path / "mine")
    before = digest(folder), block(folder).local_files()
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"left behind")
    assert (digest(folder), block(folder).local_files()) == before


def test_what_a_file_manager_leaves_is_known_by_names_of_windows_too(tmp_path):
    folder = numbered(tmp_path / "mine")
    (folder / "inner").mkdir()
    for name in ("__MACOSX\\._3.png", "inner/__MACOSX\\x\\._4.png", "inner\\Thumbs.db", "inner\\._5.png"):
        (folder / name).write_bytes(b"\0\5\x16\7")
    (folder / "inner\\20.png").write_bytes(packed(grey(20)))
    (folder / "inner\\.21.png").write_bytes(packed(grey(21)))
    images, told = read_alike(folder)
    assert len(images) == 13
    assert "1 other files left out: inner\\.21.png (hidden)" in told
    assert len(block(folder).local_files()) == 13


@pytest.mark.parametrize("labels", [np.arange(1, 13), np.arange(12) - 1, np.full(12, 26)])
def test_labels_that_no_digit_has_are_refused_with_what_is_allowed(tmp_path, labels):
    np.save(tmp_path / "labels.npy", labels)
    with pytest.raises(SoapbubbleError, match=r"labels\.npy: has the label -?\d+, but labels of digits are 0 to 9"):
        built(numbered(tmp_path / "mine"), Digits, labels=str(tmp_path / "labels.npy"))


def test_digits_without_labels_are_refused_before_anything_runs(tmp_path):
    with pytest.raises(SoapbubbleError, match="digits need labels"):
        block(numbered(tmp_path / "mine"), Digits).local_files()


def test_sound_pixels_with_damaged_notes_of_a_camera_are_taken(tmp_path):
    folder = numbered(tmp_path / "mine")
    exif = Image.Exif()
    exif[274] = 6
    data = io.BytesIO()
    grey(90).save(data, "jpeg", exif=exif.tobytes())
    spoilt = data.getvalue().replace(b"II*\0", b"II*\xff").replace(b"MM\0*", b"MM\xff*")
    (folder / "90.jpg").write_bytes(spoilt)
    assert len(built(folder)[0]) == 13


def test_a_complaint_holds_no_address_of_memory(tmp_path):
    folder = numbered(tmp_path / "mine")
    (folder / "text.png").write_text("no image")
    with pytest.raises(SoapbubbleError, match="is not a sound image") as caught:
        built(folder)
    assert "0x" not in str(caught.value)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for ask in (lambda: block(tmp_path / "pipe").local_files(), lambda: built(tmp_path / "pipe")):
        with pytest.raises(SoapbubbleError, match="neither a file nor a folder"):
            ask()


@pytest.mark.parametrize("key", ["path", "labels"])
def test_a_path_that_is_too_long_ends_in_a_sentence(tmp_path, key):
    given = Faces(**PLAIN | {"path": str(numbered(tmp_path / "mine")), key: "x" * 5000})
    for ask in (given.local_files, lambda: local.build(given)):
        with pytest.raises(SoapbubbleError, match=r"^x+ … x*: cannot be read \(File name too long\); correct "):
            ask()


def test_a_folder_that_may_not_be_read_ends_in_a_sentence(tmp_path, monkeypatch):
    folder = numbered(tmp_path / "mine")

    def locked(place):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))

    monkeypatch.setattr(os, "scandir", locked)
    with pytest.raises(SoapbubbleError, match=r"mine: cannot be read \(Permission denied\)"):
        block(folder).local_files()


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    numbered(tmp_path / "mine")
    assert len(built("~/mine")[0]) == 12


def test_names_in_other_encodings_are_read(tmp_path):
    folder = numbered(tmp_path / "mine")
    os.rename(os.fsencode(folder / "3.png"), os.fsencode(folder) + b"/3\xe9.png")
    assert len(files_in(folder)) == 12
    assert len(built(folder)[0]) == 12
    assert len(digest(folder)) == 64


@pytest.mark.parametrize("name", [b"n\xe9.txt", b".n\xe9.png", b"n\xe9.gif"])
def test_names_in_other_encodings_are_written_to_the_card(tmp_path, name):
    folder = numbered(tmp_path / "mine")
    data = io.BytesIO()
    grey(7).save(data, "gif", save_all=True, append_images=[grey(8)])
    (folder / os.fsdecode(name)).write_bytes(b"hello" if name.endswith(b".txt") else data.getvalue())
    save("faces", local.build(block(folder)), tmp_path / "faces.npy")
    assert name.decode(errors="backslashreplace") in load(tmp_path / "faces.npy").card.source


@pytest.mark.parametrize("pack", [lambda folder: folder, as_zip, as_tar])
def test_all_truncated_images_are_named_at_once(tmp_path, pack):
    folder = numbered(tmp_path / "images")
    for name in ("10.png", "3.png"):
        (folder / name).write_bytes((folder / name).read_bytes()[:-40])
    with pytest.raises(
        SoapbubbleError, match=r"^2 images cannot be read: \S*\W3\.png, .*10\.png; the first: .*png: "
    ) as caught:
        built(pack(folder))
    assert "\n" not in str(caught.value)


def random_images(count):
    return np.random.default_rng(1).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (random_images(3), "only 3 of 3 images differ"),
        (np.repeat(random_images(1), 40, axis=0), "only 1 of 40 images differ"),
        (np.zeros((40, 8, 8, 3), np.uint8), "every image is of one tone"),
        (
            np.arange(40, dtype=np.uint8).reshape(40, 1, 1, 1) * np.ones((1, 8, 8, 3), np.uint8),
            "every image is of one tone",
        ),
        (random_images(40), None),
    ],
)
def test_the_card_says_why_images_decide_nothing(images, words):
    found = problems(images)
    assert any(words in item for item in found) if words else not found


def test_sound_images_are_known_from_the_first_few():
    images = iter(random_images(40))
    assert problems(images) == ()
    assert len(list(images)) == 20
    grey_then_one_with_tones = (image for image in (*np.zeros((40, 8, 8, 3), np.uint8), *random_images(1)))
    assert problems(grey_then_one_with_tones) == ("only 2 of 41 images differ, and at least 20 are needed",)


@pytest.mark.parametrize("kind", ["gif", "tif"])
@pytest.mark.parametrize("packed", [False, True])
def test_further_frames_are_counted_and_named(tmp_path, kind, packed):
    folder = numbered(tmp_path / "mine")
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 100, 200)]
    frames[0].save(folder / f"film.{kind}", save_all=True, append_images=frames[1:])
    path = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", folder)) if packed else folder
    _, made = built(path)
    assert f"of 1 files with several frames the first one alone, 2 frames left out: film.{kind}" in made.source.replace(
        f"packed.zip, film.{kind}", f"film.{kind}"
    )


def test_without_room_for_a_temporary_folder_the_archive_is_named(tmp_path, monkeypatch):
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "gztar", numbered(tmp_path / "mine")))

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(SoapbubbleError, match=r"packed.tar.gz: no temporary folder .*No space left.*set TMPDIR"):
        built(archive)


def test_the_root_folder_of_torchvision_gets_a_hint(tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for half in MNIST:
        for name in half:
            (raw / name).write_bytes(b"")
    source = Digits(path=str(tmp_path), size=28, count=None, test_share=0.5, seed=1)
    with pytest.raises(SoapbubbleError, match=r"give `path: .*MNIST/raw`"):
        source.local_files()
