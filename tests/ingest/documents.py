"""Feed documents for the tests of ingest, in several dialects."""

from collections.abc import Iterable
from xml.sax.saxutils import escape


def item(title: str, *, guid: str = "", link: str = "", text: str = "", date: str = "") -> str:
    fields = (("guid", guid), ("link", link), ("description", text), ("pubDate", date))
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields if value)
    return f"<item><title>{escape(title)}</title>{inner}</item>"


def rss(items: Iterable[str], *, title: str = "قناة الخبر", encoding: str = "utf-8") -> str:
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="2.0"><channel><title>{title}</title>'
        f"<link>https://khabar.example/</link>{''.join(items)}</channel></rss>"
    )


RSS1 = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel rdf:about="https://khabar.example/"><title>أخبار</title><link>https://khabar.example/</link></channel>
  <item rdf:about="https://khabar.example/1"><title>قصف على المدينة</title><link>https://khabar.example/1</link>
    <description>سقط جرحى في قصف.</description><dc:date>2024-05-01T09:30:00+03:00</dc:date></item>
</rdf:RDF>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>وكالة</title><id>tag:khabar.example,2024:f</id>
  <entry><id>tag:khabar.example,2024:7</id><title type="html">محادثات &lt;b&gt;جديدة&lt;/b&gt;</title>
    <link rel="alternate" href="/n/7"/><published>2024-05-01T09:30:00+02:00</published>
    <updated>2024-05-01T10:00:00Z</updated><summary>موجز</summary>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>بدأت المحادثات.</p><p>وتستمر غدا.</p></div></content>
  </entry></feed>"""

CDATA = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>ق</title><item>
<title><![CDATA[ عاجل:  <b>انفجار</b>
 &quot;كبير&quot; ]]></title><guid isPermaLink="false">77</guid><description>قصير</description>
<content:encoded><![CDATA[<style>
p{}</style><p>فقرة&nbsp;أولى<br/>سطر</p><script>if (a<b) x()</script><p>ثانية</p>]]></content:encoded>
</item></channel></rss>"""
