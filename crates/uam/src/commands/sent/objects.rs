//! The list of uploaded objects, from the journal.

use journal::{ManifestInfo, ObjectEncoding, Reader, UploadedObjectInfo};
use model::{Timestamp, UserError};
use serde::Serialize;
use upload::{object_keys, sha256_hex};

/// One object, as `uam sent --json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct UploadedItem {
    /// Its name, without the destination's prefix.
    pub(super) name: String,
    /// `activity`, `shot`, `vault` or `manifest`.
    pub(super) kind: &'static str,
    /// How many records it holds.
    pub(super) records: u64,
    /// Number of its first record; of a recovery kit the number of the copy.
    pub(super) first_seq: u64,
    /// Number of its last record.
    pub(super) last_seq: u64,
    /// Size in bytes.
    pub(super) bytes: u64,
    /// SHA-256 of it, 64 lower-case hex digits.
    pub(super) sha256: String,
    /// When the sink acknowledged it, where that is known.
    #[serde(rename = "sent_us")]
    pub(super) sent_at: Option<Timestamp>,
    /// False when a put was begun and its answer never came.
    pub(super) certain: bool,
    /// True when its bytes are sealed.
    pub(super) sealed: bool,
    /// True for a screenshot that is no longer on this computer.
    pub(super) gone: bool,
    #[serde(skip)]
    pub(super) encoding: ObjectEncoding,
}

/// By the journal's rows: nobody else is asked.
pub(super) fn list_objects(reader: &Reader) -> anyhow::Result<Vec<UploadedItem>> {
    let mut items = Vec::new();
    if let Some(kit) = reader.uploaded_vault_copy()? {
        let sha256 = sha256_hex(&kit.bytes);
        items.push(UploadedItem {
            name: object_keys::vault_copy_key(
                reader.device(),
                reader.epoch(),
                kit.day,
                kit.seq,
                &sha256,
            ),
            kind: "vault",
            records: 0,
            first_seq: kit.seq,
            last_seq: kit.seq,
            bytes: kit.bytes.len() as u64,
            sha256,
            sent_at: None,
            certain: true,
            sealed: false,
            gone: false,
            encoding: ObjectEncoding::Unsealed,
        });
    }
    reader.for_each_uploaded(&mut |sent| items.push(segment_object(reader, sent)))?;
    reader.for_each_manifest(&mut |manifest| items.push(manifest_object(reader, manifest)))?;
    Ok(items)
}

/// The newest objects, newest first, for the page.
pub(in crate::commands) fn newest_objects(
    reader: &Reader,
    limit: usize,
) -> anyhow::Result<Vec<web::UploadedObjectRow>> {
    let mut items = list_objects(reader)?;
    items.sort_by_key(|item| std::cmp::Reverse((item.sent_at, item.last_seq)));
    items.truncate(limit);
    let told = items.into_iter().map(|item| web::UploadedObjectRow {
        name: item.name,
        kind: item.kind,
        records: item.records,
        bytes: item.bytes,
        sent_at: item.sent_at,
        certain: item.certain,
        sealed: item.sealed,
    });
    Ok(told.collect())
}

fn segment_object(reader: &Reader, sent: UploadedObjectInfo) -> UploadedItem {
    let object = sent.object;
    UploadedItem {
        name: object_keys::uploaded_key(reader.device(), reader.epoch(), &object),
        kind: match object.media {
            Some(_) => "shot",
            None => "activity",
        },
        records: sent.count,
        first_seq: object.first_seq,
        last_seq: object.last_seq,
        bytes: sent.bytes,
        sha256: object.sha256,
        sent_at: sent.acked_at,
        certain: object.certain,
        sealed: object.encoding != ObjectEncoding::Unsealed,
        gone: sent.gone,
        encoding: object.encoding,
    }
}

fn manifest_object(reader: &Reader, manifest: ManifestInfo) -> UploadedItem {
    let ManifestInfo {
        no,
        day,
        sha256,
        bytes,
        at,
        acked,
    } = manifest;
    UploadedItem {
        name: object_keys::manifest_key(reader.device(), reader.epoch(), day, no, &sha256),
        kind: "manifest",
        records: 0,
        first_seq: no,
        last_seq: no,
        bytes,
        sha256,
        sent_at: acked.then_some(at),
        certain: acked,
        sealed: false,
        gone: false,
        encoding: ObjectEncoding::Unsealed,
    }
}

impl UploadedItem {
    pub(super) fn describe_object(&self, zone: &str) -> String {
        let when = match (self.certain, self.sent_at) {
            (false, _) => "started, not confirmed".to_owned(),
            (true, Some(at)) => report::format::format_date_time(at, zone),
            (true, None) => "uploaded".to_owned(),
        };
        let what = match self.kind {
            "vault" => "vault copy (keys, wrapped)".to_owned(),
            "manifest" => format!("manifest {}, signed", self.first_seq),
            "shot" => format!("screenshot {}", self.first_seq),
            _ => format!("records {} to {}", self.first_seq, self.last_seq),
        };
        let sealed = match (self.kind, self.sealed) {
            ("vault" | "manifest", _) => "",
            (_, true) => ", sealed",
            (_, false) => ", READABLE",
        };
        let gone = if self.gone { ", no longer here" } else { "" };
        format!(
            "{}\n    {when}, {}, {what}{sealed}{gone}\n    SHA-256 {}",
            self.name,
            report::format::format_bytes(self.bytes),
            self.sha256
        )
    }
}

/// The one object of this name, or whose name ends so.
pub(super) fn find_object<'a>(
    items: &'a [UploadedItem],
    name: &str,
) -> anyhow::Result<&'a UploadedItem> {
    let mut found = items
        .iter()
        .filter(|i| i.name == name || i.name.ends_with(name));
    match (found.next(), found.next()) {
        (Some(item), None) => Ok(item),
        (Some(_), Some(_)) => Err(UserError::usage(
            format!(
                "several objects match \"{}\"",
                model::to_printable(name, 200)
            ),
            "Give more of the name; `uam sent` lists them.",
        )
        .into()),
        (None, _) => Err(UserError::usage(
            format!(
                "no uploaded object matches \"{}\"",
                model::to_printable(name, 200)
            ),
            "`uam sent` lists the names.",
        )
        .into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;

    pub(in crate::commands::sent) fn uploaded_item(
        name: &str,
        kind: &'static str,
        encoding: ObjectEncoding,
        body: &[u8],
    ) -> UploadedItem {
        UploadedItem {
            name: name.to_owned(),
            kind,
            records: 1,
            first_seq: 1,
            last_seq: 3,
            bytes: body.len() as u64,
            sha256: sha256_hex(body),
            sent_at: Some(Timestamp::from_seconds(1_790_000_000)),
            certain: true,
            sealed: encoding != ObjectEncoding::Unsealed,
            gone: false,
            encoding,
        }
    }

    #[test]
    fn objects_keep_their_json() {
        let objects = [
            uploaded_item("raw/a-1.age", "shot", ObjectEncoding::Age, b"1"),
            UploadedItem {
                sent_at: None,
                certain: false,
                gone: true,
                ..uploaded_item("raw/b-1.zst", "activity", ObjectEncoding::Unsealed, b"2")
            },
        ];
        let lines = objects.map(|object| serde_json::to_string(&object).unwrap() + "\n");
        assert_eq!(
            lines.concat(),
            include_str!("../../../tests/json/sent.jsonl")
        );
    }

    #[test]
    fn a_name_may_be_its_end_but_only_of_one() {
        let items = [
            uploaded_item("raw/a-1.age", "shot", ObjectEncoding::Age, b"1"),
            uploaded_item("raw/b-1.age", "activity", ObjectEncoding::Unsealed, b"2"),
        ];
        assert_eq!(find_object(&items, "a-1.age").unwrap().name, "raw/a-1.age");
        assert!(find_object(&items, "1.age").is_err());
        assert!(find_object(&items, "c").is_err());
        assert!(items[1].describe_object("UTC").contains("READABLE"));
    }
}
