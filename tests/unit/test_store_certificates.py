"""What is said of a certificate that the object storage shows: the library tells it in the structure of its report alone."""

import pytest

from mtc.store import bucket

REPORT = """Generic S3 error: Error performing PUT https://s3.example.org/b/k in 1.4s, after 4 retries - HTTP error: error sending request

Debug source:
Generic {{ source: RetryError( RetryErrorImpl {{ inner: Http( HttpError {{ kind: Connect, source: reqwest::Error {{
    error: Custom {{
        kind: InvalidData,
        error: InvalidCertificate(
            {why},
        ),
    }},
}} }} ) }} ) }}"""


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("UnknownIssuer", "UnknownIssuer"),
        ("Expired", "Expired"),
        ("ExpiredContext {\n time: 5,\n not_after: 4 }", "Expired"),
        ("NotValidForNameContext {\n expected: x,\n presented: [] }", "NotValidForName"),
        ("Other(\n  OtherError(\n   CaUsedAsEndEntity,\n ),\n)", "CaUsedAsEndEntity"),
    ],
)
def test_why_it_is_not_trusted_is_told(why: str, said: str) -> None:
    """In the words by which people and our own rules know it."""
    assert bucket._brief(REPORT.format(why=why)) == f"invalid peer certificate: {said}"
