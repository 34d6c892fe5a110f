"""A page of an article, as sites make them, for the tests of ingest."""

TITLE = "القافلة الإغاثية تصل إلى البلدة المحاصرة"
SUMMARY = "وصلت قافلة إغاثية إلى البلدة بعد حصار دام شهرين…"
BODY = """وصلت قافلة إغاثية صباح اليوم إلى البلدة المحاصرة بعد حصار دام شهرين كاملين، وفق ما قاله مسعفون رافقوا الشاحنات.
وتضم القافلة عشرين شاحنة محملة بالطحين والدواء وحليب الأطفال، وتكفي لسكان البلدة مدة ثلاثة أسابيع على الأقل.
وأوضح مسؤول في المجلس المحلي أن المفاوضات على دخولها استمرت عشرة أيام، وأن قافلة ثانية تنتظر عند الجسر الشمالي."""


def page(*, head: str = "", title: str = TITLE, body: str = BODY) -> str:
    paragraphs = "".join(f"<p>{line}</p>" for line in body.splitlines())
    return (
        f"<!DOCTYPE html><html lang='ar'><head>{head}<title>{title} - موقع الخبر</title></head><body>"
        "<header><nav><ul><li><a href='/'>الرئيسية</a></li><li><a href='/jobs'>وظائف</a></li></ul></nav></header>"
        f"<main><article><h1>{title}</h1><div class='article-body'>{paragraphs}</div></article></main>"
        "<footer><p>جميع حقوق النشر محفوظة</p></footer></body></html>"
    )
