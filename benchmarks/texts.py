"""Articles for benchmarks: of about 500 words, put together from sentences of ours, the same in every run."""

import random
from datetime import UTC, datetime

from marsad.article import Article, digest

SENTENCES = (
    "أعلنت قوات سوريا الديمقراطية «قسد» أنها اعتقلت أربعة من عناصر تنظيم «داعش» خلال مداهمة في ريف الرقة",
    "وقال مصدر محلي إن الطريق أُغلق صباح اليوم بعد انفجار عبوة ناسفة قرب السوق",
    "وارتفعت أسعار الوقود في المدينة مع توقف القوافل القادمة من الحدود",
    "ودعا رئيس البلدية السكان إلى تجنب الطرق المنخفضة خلال العاصفة",
    "وذكر شهود أن ثلاثة مدنيين قُتلوا في غارة جوية استهدفت مزرعة على أطراف البلدة",
    "وأضاف البيان أن المفاوضات بين الطرفين ستستمر الأسبوع المقبل بوساطة دولية",
    "ونفى المتحدث باسم الحركة صحة الأنباء التي تحدثت عن انسحاب مقاتليها من المعبر",
    "وأكد وزير الصحة وصول شحنة من الأدوية إلى المستشفيات في المحافظات الشمالية",
)


def articles(count: int) -> list[Article]:
    """That many different articles."""
    rng = random.Random(7)
    made = []
    fetched = int(datetime(2026, 11, 28, tzinfo=UTC).timestamp() * 1000)
    for number in range(count):
        text = ". ".join(f"{rng.choice(SENTENCES)} {rng.randrange(1000)}" for _ in range(36)) + "."
        made.append(
            Article(
                id=digest(str(number)),
                version=fetched,
                first_seen=fetched,
                feed_id="bench",
                feed_url="http://127.0.0.1/",
                outlet="وكالة القياس",
                guid=str(number),
                url=f"http://127.0.0.1/{number}",
                title=f"خبر رقم {number}",
                text=text,
                published=datetime(2026, 11, 28, tzinfo=UTC),
                updated=None,
                month="2026-11",
            )
        )
    return made
