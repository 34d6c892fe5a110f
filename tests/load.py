"""A load of reports for tests that kill: copies in several outlets, edits, edits that meet a rule for the first time.

It knows what must have become of it in the end: each article stored with its newest text, each story told once by each rule.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from tests.marsad_process import Item, Outlets

REPORTS = 8
"""New reports each time there are more."""
SUBJECTS = [
    ("لداعش", {"daesh"}),
    ("لقسد", {"qasad"}),
    ("لداعش على حاجز لقسد", {"daesh", "qasad"}),
    ("لمسلحين", set[str]()),
]
PLACES = "الرقة الحسكة منبج تدمر السخنة البوكمال الميادين الشدادي الهول عامودا القامشلي الدرباسية".split()
DETAILS = (
    "سوق محطة مدرسة مستشفى جسر مخفر مزرعة مخزن طريق قافلة حقل معمل فرن مسجد بئر حديقة مرآب سد مطحنة صومعة "
    "صباح مساء ظهر ليل فجر ضباب مطر غبار برد حر شاهد جار راع سائق معلم طبيب تاجر مزارع مهندس حارس طالب خباز"
).split()


def report(number: int, rng: random.Random) -> tuple[str, set[str]]:
    """The text of a report unlike all others, and the rules that it meets."""
    subject, rules = SUBJECTS[number % len(SUBJECTS)]
    words = " ".join(f"{rng.choice(DETAILS)} {rng.choice(PLACES)}" for _ in range(40))
    return f"هجوم {subject} قرب {PLACES[number % len(PLACES)]} رقم {number}. {words}", rules


class Load:
    """What the outlets publish, and what must become of it."""

    def __init__(self, outlets: Outlets, rng: random.Random, *, reports: int = REPORTS) -> None:
        self._more = reports
        self._outlets = outlets
        self._count = len(outlets.urls)
        self._rng = rng
        self._reports = 0
        self.texts: dict[str, str] = {}
        """The newest text by guid."""
        self.report_of: dict[str, int] = {}
        self.told: Counter[tuple[str, int]] = Counter()
        """Each rule with the number of a report whose story meets it."""

    def more(self) -> None:
        """New reports, every third of them in two outlets, and edits of two of the old ones."""
        for guid in self._rng.sample(sorted(self.texts), min(2, len(self.texts))):
            self._edit(guid)
        for _ in range(self._more):
            number = self._reports
            self._reports += 1
            text, rules = report(number, self._rng)
            self.told.update((rule, number) for rule in rules)
            here, beside = number % self._count, (number + 1) % self._count
            for outlet in {here, beside} if number % 3 == 0 else {here}:
                guid = f"http://127.0.0.1/{outlet}/{number}"
                self._outlets.publish(outlet, [Item(guid, f"خبر {number}", text, format_datetime(datetime.now(UTC)))])
                self.texts[guid] = text
                self.report_of[guid] = number

    def _edit(self, guid: str) -> None:
        number = self.report_of[guid]
        self.texts[guid] += f" تصحيح {self._rng.randrange(1000)} لقسد"  # many meet the second rule only now
        self.told["qasad", number] = 1
        self._outlets.edit(int(guid.split("/")[3]), guid, self.texts[guid])

    def check(self, documents: Mapping[str, tuple[str, str]], told: Sequence[Mapping[str, str]]) -> None:
        """Articles published = documents stored, each with its newest text; stories that meet a rule = notifications, none twice.

        `documents` has text and story by guid, `told` the lines of a file receiver.
        """
        assert {guid: text for guid, (text, _) in documents.items()} == self.texts
        number_of = {story: self.report_of[guid] for guid, (_, story) in documents.items()}
        assert len(number_of) == len(set(self.report_of.values())), "copies are one story, and nothing else is"
        assert max(Counter(alert["id"] for alert in told).values()) == 1
        assert Counter((alert["rule"], number_of[alert["story"]]) for alert in told) == self.told
        print(
            f"{len(self.texts)} articles = {len(documents)} documents; "
            f"{self.told.total()} tellings due = {len(told)} received"
        )
