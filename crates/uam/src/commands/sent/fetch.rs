//! One uploaded object: fetched, checked and opened; or read from the journal where that fails.

use super::objects::UploadedItem;
use agent::ReadAccess;
use journal::{ObjectEncoding, Reader, open_segment};
use upload::{ObjectStoreSink, Sink, sha256_hex};
use vault::Opener;

/// Records read at once.
const BATCH: usize = 1000;

/// The content of an opened object.
pub(super) enum OpenedObject {
    Lines(Vec<u8>),
    Screenshot(Vec<u8>),
}

/// The object as it lies where it was sent, checked and opened.
fn fetch_object(
    sink: &dyn Sink,
    item: &UploadedItem,
    opener: &Opener,
) -> Result<OpenedObject, FetchProblem> {
    let body = match sink.get(&item.name) {
        Ok(Some(body)) => body,
        Ok(None) => {
            return Err(FetchProblem::Unavailable(
                "it is not at the destination (any more)".to_owned(),
            ));
        }
        Err(e) => return Err(FetchProblem::Unavailable(e.to_string())),
    };
    if sha256_hex(&body) != item.sha256 {
        return Err(FetchProblem::Changed);
    }
    let wrong = |e: String| FetchProblem::Sealed(e);
    match (item.kind, item.encoding) {
        ("activity", encoding) => {
            let opened = open_segment(encoding, &body, opener).map_err(|e| wrong(e.to_string()))?;
            match opened.damaged.first() {
                Some(row) => Err(wrong(format!("row {}: {}", row.seq, row.why))),
                None => Ok(OpenedObject::Lines(opened.lines)),
            }
        }
        ("shot", ObjectEncoding::Age) => opener
            .open_file(&body)
            .map(|plain| OpenedObject::Screenshot(plain.to_vec()))
            .map_err(|e| wrong(e.to_string())),
        ("shot", ObjectEncoding::Unsealed) => Ok(OpenedObject::Screenshot(body.to_vec())),
        ("shot", ObjectEncoding::SealedRows) => {
            Err(wrong("screenshots have no such encoding".to_owned()))
        }
        _ => Ok(OpenedObject::Lines(body.to_vec())),
    }
}

/// Why an object was not shown from where it was sent.
pub(super) enum FetchProblem {
    /// It may not or cannot be read.
    Unavailable(String),
    /// Its content is another one.
    Changed,
    /// It is the right one and does not open.
    Sealed(String),
}

impl FetchProblem {
    fn describe_problem(&self) -> String {
        match self {
            Self::Unavailable(why) | Self::Sealed(why) => why.clone(),
            Self::Changed => {
                "CONTENT DIFFERS FROM WHAT WAS UPLOADED: its SHA-256 is not the one in the journal"
                    .to_owned()
            }
        }
    }
}

/// The same from the journal.
fn read_from_journal(reader: &Reader, item: &UploadedItem) -> anyhow::Result<OpenedObject> {
    match item.kind {
        "shot" => Ok(OpenedObject::Screenshot(
            reader.open_screenshot(item.first_seq)?,
        )),
        "manifest" => anyhow::bail!("after the upload the journal keeps only its hash"),
        "vault" => Ok(OpenedObject::Lines(
            reader
                .uploaded_vault_copy()?
                .map(|kit| kit.bytes)
                .unwrap_or_default(),
        )),
        _ => {
            let mut lines = Vec::new();
            let mut after = item.first_seq.saturating_sub(1);
            loop {
                let found = reader.read_raw_lines(after, BATCH)?;
                let Some((last, _)) = found.last() else {
                    break;
                };
                after = *last;
                for (_, line) in found.iter().take_while(|(seq, _)| *seq <= item.last_seq) {
                    lines.extend_from_slice(line);
                    lines.push(b'\n');
                }
                if after >= item.last_seq {
                    break;
                }
            }
            Ok(OpenedObject::Lines(lines))
        }
    }
}

/// An object, with a line that says where it is from. The second is true when it equals the uploaded object.
pub(super) fn open_object(
    sink: &anyhow::Result<ObjectStoreSink>,
    access: &ReadAccess,
    reader: &Reader,
    item: &UploadedItem,
) -> (String, anyhow::Result<OpenedObject>, bool) {
    let opener = access.vault.viewer_opener(&access.identity);
    let fetched = match sink {
        Ok(sink) => fetch_object(sink, item, &opener),
        Err(e) => Err(FetchProblem::Unavailable(format!("{e:#}"))),
    };
    match fetched {
        Ok(opened) => (
            format!(
                "# {}: as stored at the destination; its SHA-256 is the one in the journal",
                item.name
            ),
            Ok(opened),
            true,
        ),
        Err(trouble) => (
            format!(
                "# {}: FROM THE JOURNAL, as stored here now, not from the destination: {}",
                item.name,
                model::to_printable(&trouble.describe_problem(), 400)
            ),
            read_from_journal(reader, item),
            matches!(trouble, FetchProblem::Unavailable(_)),
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::commands::sent::objects::tests::uploaded_item;
    use upload::NewObject;
    use vault::{Identity, seal_for};

    #[test]
    fn a_changed_object_is_never_shown_as_what_was_sent() {
        let key = Identity::generate();
        let opener = Opener::new([key.clone()]);
        let body = seal_for(&[key.recipient()], b"picture").unwrap();
        let sink = ObjectStoreSink::memory().unwrap();
        let right = uploaded_item("a", "shot", ObjectEncoding::Age, &body);
        assert!(matches!(
            fetch_object(&sink, &right, &opener),
            Err(FetchProblem::Unavailable(_))
        ));
        sink.put_new(&NewObject::new("a", body.clone())).unwrap();
        let opened = fetch_object(&sink, &right, &opener);
        assert!(matches!(opened, Ok(OpenedObject::Screenshot(p)) if p == b"picture"));
        let other = uploaded_item("a", "shot", ObjectEncoding::Age, b"other");
        assert!(matches!(
            fetch_object(&sink, &other, &opener),
            Err(FetchProblem::Changed)
        ));
        let stranger = Opener::new([Identity::generate()]);
        assert!(matches!(
            fetch_object(&sink, &right, &stranger),
            Err(FetchProblem::Sealed(_))
        ));
    }
}
