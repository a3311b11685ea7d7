//! The objects of a bucket, opened and compared with the journal they came from.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use journal::{Reader, open_segment};
use model::RecordLine;
use std::collections::BTreeMap;
use upload::object_keys::{ObjectKey, ObjectKind};
use upload::sha256_hex;
use vault::Opener;

/// A record of the journal and what was delivered of it.
pub(crate) struct DeliveredRecord<'a> {
    pub(crate) seq: u64,
    /// Its line in the journal, and the one in the bucket.
    pub(crate) recorded: &'a [u8],
    pub(crate) delivered: &'a [u8],
    /// The SHA-256 of the image in the bucket.
    pub(crate) image: Option<String>,
}

/// The content of a bucket.
#[derive(Default)]
pub(crate) struct OpenedBucket {
    /// The line of each record, by its number.
    lines: BTreeMap<u64, Vec<u8>>,
    /// The SHA-256 of each screenshot's image, by its number.
    images: BTreeMap<u64, String>,
    /// Number of objects.
    pub(crate) objects: u64,
    /// Number of segments.
    pub(crate) segments: u64,
    /// The size of all objects.
    pub(crate) bytes: u64,
}

impl OpenedBucket {
    /// Opens all objects: each is of the journal's device, one of those `expected`, and holds the bytes that its name says;
    /// no record and no screenshot is there twice.
    ///
    /// # Errors
    /// The first object that is otherwise.
    pub(crate) fn read(
        reader: &Reader,
        opener: &Opener,
        expected: &dyn Fn(&ObjectKey) -> bool,
        objects: impl Iterator<Item = Result<(String, Bytes)>>,
    ) -> Result<Self> {
        let mut bucket = Self::default();
        for object in objects {
            let (key, body) = object?;
            let parts = ObjectKey::parse(&key).with_context(|| format!("{key} is none of ours"))?;
            ensure!(
                parts.device == *reader.device() && parts.epoch == reader.epoch(),
                "an object of somebody else: {key}"
            );
            ensure!(expected(&parts), "an object nobody sent: {key}");
            ensure!(
                sha256_hex(&body).starts_with(&parts.sha16),
                "{key} has other bytes than its name says"
            );
            bucket.objects += 1;
            bucket.bytes += body.len() as u64;
            let opened = bucket.open_object(&parts, &body, opener);
            opened.with_context(|| format!("the object {key}"))?;
        }
        Ok(bucket)
    }

    fn open_object(&mut self, parts: &ObjectKey, body: &[u8], opener: &Opener) -> Result<()> {
        match parts.kind {
            ObjectKind::Activity => {
                let opened = open_segment(parts.encoding, body, opener)?;
                ensure!(opened.damaged.is_empty(), "it holds damaged rows");
                self.segments += 1;
                let lines = opened.lines.split(|b| *b == b'\n');
                for (seq, line) in (parts.seq..).zip(lines.filter(|line| !line.is_empty())) {
                    let found: RecordLine = serde_json::from_slice(line)?;
                    ensure!(found.seq == seq, "it holds record {}", found.seq);
                    let before = self.lines.insert(seq, line.to_vec());
                    ensure!(before.is_none(), "record {seq} lies in another one, too");
                }
            }
            ObjectKind::Screenshot => {
                let image = sha256_hex(&opener.open_file(body)?);
                let before = self.images.insert(parts.seq, image);
                ensure!(before.is_none(), "its screenshot lies in another one, too");
            }
            ObjectKind::Manifest | ObjectKind::Vault => {}
        }
        Ok(())
    }

    /// Compares with the journal: every record was delivered, and nothing else. `check` gets each record. Returns how many
    /// there are.
    ///
    /// # Errors
    /// The first thing that is lost or foreign, or the first error of `check`.
    pub(crate) fn compare(
        mut self,
        reader: &Reader,
        check: &dyn Fn(DeliveredRecord<'_>) -> Result<()>,
    ) -> Result<u64> {
        let (mut last, mut records) = (0, 0);
        loop {
            let some = reader.read_raw_lines(last, 1_000)?;
            let Some((to, _)) = some.last() else { break };
            last = *to;
            for (seq, raw) in some {
                let delivered = self.lines.remove(&seq);
                let delivered = delivered.with_context(|| format!("record {seq} is lost"))?;
                check(DeliveredRecord {
                    seq,
                    recorded: &raw,
                    delivered: &delivered,
                    image: self.images.remove(&seq),
                })?;
                records += 1;
            }
        }
        if let Some(seq) = self.lines.keys().chain(self.images.keys()).next() {
            bail!("{seq} was delivered and is not in the journal");
        }
        Ok(records)
    }
}
