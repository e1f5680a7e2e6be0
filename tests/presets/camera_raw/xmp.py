"""Presets as Lightroom and Camera Raw write them, in small."""

HEAD = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"'
)
TAIL = "</rdf:Description></rdf:RDF></x:xmpmeta>"


def of_attributes(inside: str = "", **values: object) -> bytes:
    """Settings as attributes, as new versions write them."""
    attributes = "".join(f' crs:{name}="{value}"' for name, value in values.items())
    return f"{HEAD}{attributes}>{inside}{TAIL}".encode()


def of_elements(inside: str = "", **values: object) -> bytes:
    """The same settings as elements."""
    elements = "".join(f"<crs:{name}>{value}</crs:{name}>" for name, value in values.items())
    return f"{HEAD}>{elements}{inside}{TAIL}".encode()


def sequence(name: str, *rows: str) -> str:
    items = "".join(f"<rdf:li>{row}</rdf:li>" for row in rows)
    return f"<crs:{name}><rdf:Seq>{items}</rdf:Seq></crs:{name}>"


def called(name: str) -> str:
    return f'<crs:Name><rdf:Alt><rdf:li xml:lang="x-default">{name}</rdf:li></rdf:Alt></crs:Name>'
