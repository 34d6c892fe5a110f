"""What may be attached to a word, in both directions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.arabic.clitics import PROCLITICS, forms, names, stems, with_proclitics

REAL = "بلال لال وزاره زاره لبنان بنان كتاب تاب فرنسا ترامب ترمب ديمقراطيه الديموقراطيه هييه المانيا اسد سد مسوول الليبي".split()
WORDS = st.text(alphabet="البوفكقسد", min_size=1, max_size=7) | st.builds(
    str.__add__, st.sampled_from(["", *PROCLITICS, "ال", "وال", "لل", "بال"]), st.sampled_from(REAL)
)


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("داعش", "داعش وداعش فداعش بداعش لداعش كداعش وبداعش ولداعش فلداعش اداعش الداعش بالداعش للداعش وللداعش"),
        ("القاعده", "القاعده والقاعده بالقاعده للقاعده وللقاعده فللقاعده كالقاعده"),
        ("الليبي", "لليبي ولليبي بالليبي"),
        ("المانيا", "المانيا لالمانيا بالمانيا والمانيا"),
    ],
)
def test_written_forms(word: str, written: str) -> None:
    assert set(written.split()) <= forms(word)


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("داعش", "داعشي يداعش سداعش داعشه ببداعش بوداعش"),
        ("القاعده", "قاعده بقاعده لقاعده"),
        ("قسد", "قصد قسدير بقسدي"),
        ("لا", "ا"),
    ],
)
def test_other_words_are_no_forms(word: str, written: str) -> None:
    assert not set(written.split()) & forms(word)


@pytest.mark.parametrize(
    ("token", "word", "skip"),
    [
        ("بداعش", "داعش", 1),
        ("وبداعش", "داعش", 2),
        ("الداعش", "داعش", 0),
        ("بالتحالف", "تحالف", 1),
        ("بالتحالف", "التحالف", 1),
        ("للقاعده", "القاعده", 1),
        ("وللقاعده", "القاعده", 2),
        ("لليبي", "الليبي", 1),
        ("داعش", "داعش", 0),
    ],
)
def test_a_proclitic_stays_outside_the_span_and_the_article_inside(token: str, word: str, skip: int) -> None:
    assert (word, skip) in stems(token)


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("بلال", "لال"),
        ("وبلال", "لال"),
        ("وزاره", "زاره"),
        ("بوزاره", "زاره"),
        ("لبنان", "بنان"),
        ("كتاب", "تاب"),
        ("فرنسا", "رنسا"),
        ("بغداد", "غداد"),
        ("وادي", "ادي"),
        ("لجنه", "جنه"),
        ("اسد", "سد"),
        ("اكبر", "كبر"),
    ],
)
def test_nothing_is_taken_off_a_word_that_the_lexicon_knows(token: str, word: str) -> None:
    assert word not in {stem.text for stem in stems(token)}
    assert token not in forms(word)


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("وقال", "قال"),
        ("واضاف", "اضاف"),
        ("بشكل", "شكل"),
        ("والعراق", "العراق"),
        ("وروسيا", "روسيا"),
        ("بعدن", "عدن"),
        ("بقطر", "قطر"),
        ("للجنه", "لجنه"),
        ("وبلال", "بلال"),
        ("اقسد", "قسد"),
    ],
)
def test_a_particle_is_taken_off_where_it_is_one(token: str, word: str) -> None:
    assert word in {stem.text for stem in stems(token)}
    assert token in forms(word)


@pytest.mark.parametrize(
    ("token", "word"),
    [
        ("ترمب", "ترامب"),
        ("لترمب", "ترامب"),
        ("الديموقراطيين", "ديمقراطيين"),
        ("وبالديموقراطيه", "الديمقراطيه"),
        ("الاميركيه", "امريكيه"),
        ("مسيول", "مسوول"),
        ("هياه", "هييه"),
    ],
)
def test_a_word_stands_for_all_its_spellings(token: str, word: str) -> None:
    assert word in {stem.text for stem in stems(token)}
    assert token in forms(word)


@given(WORDS, WORDS)
def test_a_token_is_a_form_of_a_word_exactly_when_the_word_is_one_of_its_stems(token: str, word: str) -> None:
    assert (token in forms(word)) == (word in {stem.text for stem in stems(token)})
    assert (token in with_proclitics(word)) == (word in {stem.text for stem in names(token)})


@given(WORDS)
def test_every_form_leads_back_to_the_word(word: str) -> None:
    for form in forms(word):
        assert word in {stem.text for stem in stems(form)}
    for form in with_proclitics(word):
        assert word in {stem.text for stem in names(form)}


@given(WORDS)
def test_what_is_left_out_is_shorter_than_the_token(token: str) -> None:
    for stem in stems(token):
        assert 0 <= stem.skip < len(token)
