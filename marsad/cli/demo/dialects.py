"""Feeds in the dialects that the demo's outlets speak: RSS 2.0 and 1.0, Atom, and RSS with the text beside a summary."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import NamedTuple
from xml.etree import ElementTree as ET

from marsad.cli.demo.scenario import DemoArticle

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS_1 = "http://purl.org/rss/1.0/"


class Entry(NamedTuple):
    """An article as its outlet publishes it now."""

    article: DemoArticle
    url: str
    published: datetime
    text: str

    @property
    def html(self) -> str:
        """The text in paragraphs."""
        return "".join(f"<p>{paragraph}</p>" for paragraph in self.text.strip().splitlines())


def rss(
    title: str, link: str, entries: Sequence[Entry], *, encoding: str = "utf-8", with_content: bool = False
) -> bytes:
    """RSS 2.0; `with_content` gives the text in content:encoded and its first line as description."""
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    ET.SubElement(channel, "title").text = title
    ET.SubElement(channel, "link").text = link
    for entry in entries:
        item = ET.SubElement(channel, "item")
        ET.SubElement(item, "title").text = entry.article.title
        ET.SubElement(item, "link").text = entry.url
        ET.SubElement(item, "guid").text = entry.url
        ET.SubElement(item, "pubDate").text = format_datetime(entry.published)
        ET.SubElement(item, "description").text = entry.text.strip().splitlines()[0] if with_content else entry.html
        if with_content:
            ET.SubElement(item, f"{{{CONTENT}}}encoded").text = entry.html
    return _document(root, encoding)


def rdf(title: str, link: str, entries: Sequence[Entry]) -> bytes:
    """RSS 1.0."""
    root = ET.Element(f"{{{RDF}}}RDF")
    channel = ET.SubElement(root, f"{{{RSS_1}}}channel", {f"{{{RDF}}}about": link})
    ET.SubElement(channel, f"{{{RSS_1}}}title").text = title
    ET.SubElement(channel, f"{{{RSS_1}}}link").text = link
    for entry in entries:
        item = ET.SubElement(root, f"{{{RSS_1}}}item", {f"{{{RDF}}}about": entry.url})
        ET.SubElement(item, f"{{{RSS_1}}}title").text = entry.article.title
        ET.SubElement(item, f"{{{RSS_1}}}link").text = entry.url
        ET.SubElement(item, f"{{{DUBLIN_CORE}}}date").text = entry.published.isoformat(timespec="seconds")
        ET.SubElement(item, f"{{{RSS_1}}}description").text = entry.html
    return _document(root, "utf-8")


def atom(title: str, address: str, entries: Sequence[Entry]) -> bytes:
    """Atom 1.0."""
    root = ET.Element("feed", xmlns=ATOM)
    ET.SubElement(root, "title").text = title
    ET.SubElement(root, "id").text = address
    for entry in entries:
        element = ET.SubElement(root, "entry")
        ET.SubElement(element, "title").text = entry.article.title
        ET.SubElement(element, "id").text = entry.url
        ET.SubElement(element, "link", href=entry.url)
        ET.SubElement(element, "published").text = entry.published.isoformat()
        ET.SubElement(element, "updated").text = entry.published.isoformat()
        ET.SubElement(element, "content", type="html").text = entry.html
    return _document(root, "utf-8")


def _document(root: ET.Element, encoding: str) -> bytes:
    written: bytes = ET.tostring(root, encoding=encoding, xml_declaration=True)
    return written
