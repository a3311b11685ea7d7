//! Everything that a child acknowledged, and whether it is true.

use crate::bucket::OpenedBucket;
use crate::child::ChildProcess;
use crate::fixture::{self, JournalFixture, is_screenshot, make_record};
use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use journal::{JournalError, ObjectEncoding};
use model::{Record, RecordLine};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use upload::object_keys::{ObjectKey, ObjectKind};

/// Everything that one journal's children acknowledged.
#[derive(Default)]
pub(crate) struct AckLedger {
    /// Acknowledged records: number and tag.
    acked: BTreeMap<u64, u64>,
    /// The provisional span acknowledged last, and those that were to take its place.
    open: Option<u64>,
    opening: Vec<u64>,
    /// Provisional spans that the next start has to turn into records, each unless a step after it counts.
    owed: Vec<(u64, Vec<u64>)>,
    /// Tags whose removal has begun, and those whose removal was acknowledged.
    taking: BTreeSet<u64>,
    taken: BTreeSet<u64>,
    /// Screenshots whose deletion by the retention rule has begun.
    dropping: BTreeSet<u64>,
    /// The number of each tag, as far as checked.
    seen: HashMap<u64, u64>,
    /// Checked up to this number.
    through: u64,
    /// The last step of the clock whose code was accepted.
    pub(crate) code: Option<u64>,
    /// The last step of the child, and whether its uploader was at work.
    pub(crate) doing: String,
    pub(crate) uploading: bool,
    /// True since a child said that it was ready, after the last [`Self::end_child`].
    pub(crate) ready: bool,
    /// True when a child said that it was finished.
    pub(crate) done: bool,
    /// Number of acknowledgements, provisional spans included.
    pub(crate) heard: u64,
}

impl AckLedger {
    /// Notes one line of a child.
    pub(crate) fn read_line(&mut self, text: &str) -> Result<()> {
        let mut words = text.split(' ');
        let first = words.next().unwrap_or_default();
        let mut number =
            || -> Result<u64> { Ok(words.next().context("a word is missing")?.parse()?) };
        match first {
            "ack" => {
                let (seq, tag) = (number()?, number()?);
                if let Some(before) = self.acked.insert(seq, tag) {
                    bail!("number {seq} was given twice, to {before} and {tag}");
                }
                self.heard += 1;
            }
            "opening" => self.opening.push(number()?),
            "open" => {
                self.open = Some(number()?);
                self.opening.clear();
                self.heard += 1;
            }
            "closed" => {
                self.open = None;
                self.opening.clear();
            }
            "taking" => self.taking.extend(number()?..number()?),
            "taken" => self.taken.extend(number()?..number()?),
            "dropping" => drop(self.dropping.insert(number()?)),
            "do" => self.doing = words.next().unwrap_or_default().to_owned(),
            "upload" => self.uploading = words.next() == Some("begins"),
            "code" => self.code = Some(number()?),
            "ready" => self.ready = true,
            "done" => self.done = true,
            other => bail!("the child says `{other}`"),
        }
        Ok(())
    }

    /// Notes every further line of a child, until it ends.
    pub(crate) fn read_to_end(&mut self, child: &mut ChildProcess) -> Result<()> {
        while let Some(line) = child.next_line()? {
            self.read_line(&line)?;
        }
        Ok(())
    }

    /// Notes that the child has ended.
    pub(crate) fn end_child(&mut self) {
        if let Some(open) = self.open.take() {
            self.owed.push((open, std::mem::take(&mut self.opening)));
        }
        self.opening.clear();
        self.ready = false;
        self.uploading = false;
        self.doing.clear();
    }

    /// Number of acknowledged records.
    pub(crate) fn count_acknowledged(&self) -> u64 {
        self.acked.len() as u64
    }

    /// Checks the new records of the journal. `started`: a child has been ready since the last one died.
    pub(crate) fn check_new_records(
        &mut self,
        fixture: &JournalFixture,
        started: bool,
    ) -> Result<()> {
        let reader = fixture.open_reader()?;
        loop {
            let some = reader.read_raw_lines(self.through, 1_000)?;
            if some.is_empty() {
                break;
            }
            for (seq, raw) in some {
                self.check_line(seq, &raw)?;
                self.through = seq;
            }
        }
        if let Some((seq, tag)) = self.acked.range(self.through + 1..).next() {
            bail!("record {seq} (tag {tag}) was acknowledged and is lost");
        }
        if started {
            for (tag, next) in std::mem::take(&mut self.owed) {
                let there = |tag: &u64| self.seen.contains_key(tag);
                // The step that drops a provisional span puts the next one.
                if !there(&tag) && !next.iter().any(there) {
                    bail!("the provisional span of tag {tag} was acknowledged and is lost");
                }
            }
        }
        Ok(())
    }

    /// Checks everything again, screenshots included.
    pub(crate) fn check_everything(&mut self, fixture: &JournalFixture) -> Result<()> {
        self.through = 0;
        self.seen.clear();
        self.check_new_records(fixture, true)?;
        let reader = fixture.open_reader()?;
        for (seq, tag) in &self.acked {
            if !is_screenshot(*tag) {
                continue;
            }
            match reader.open_screenshot(*seq) {
                Ok(image) => ensure!(
                    image == fixture::make_screenshot(*tag).1,
                    "screenshot {seq} has another image"
                ),
                Err(JournalError::ScreenshotDeleted { .. })
                    if self.dropping.contains(seq) || self.taking.contains(tag) => {}
                Err(e) => bail!("screenshot {seq} was acknowledged: {e}"),
            }
        }
        Ok(())
    }

    fn check_line(&mut self, seq: u64, raw: &[u8]) -> Result<()> {
        ensure!(
            seq == self.through + 1,
            "a gap: record {seq} comes after {}",
            self.through
        );
        let found: RecordLine = serde_json::from_slice(raw)?;
        let tag = fixture::tag_of(&found.record).context("a record without a tag")?;
        if let Some(other) = self.seen.insert(tag, seq) {
            bail!("tag {tag} stands there twice, as {other} and {seq}");
        }
        if let Some(acked) = self.acked.get(&seq) {
            ensure!(
                *acked == tag,
                "record {seq} was acknowledged with tag {acked}, and has {tag}"
            );
        }
        let emptied = match &found.record {
            Record::Span(span) => span.redacted,
            Record::Shot(shot) => shot.redacted,
            Record::Notice(_) => false,
        };
        if emptied {
            ensure!(
                self.taking.contains(&tag),
                "record {seq} was emptied, and nobody asked for it"
            );
        } else {
            ensure!(
                !self.taken.contains(&tag),
                "record {seq} (tag {tag}) was removed, and is there"
            );
            ensure!(
                raw == fixture::encode_line(seq, &make_record(tag))?,
                "record {seq} (tag {tag}) has other bytes: {}",
                String::from_utf8_lossy(raw)
            );
        }
        Ok(())
    }

    /// Compares a bucket with the journal: every record and every screenshot once, with the same bytes. Returns the number
    /// of objects.
    pub(crate) fn compare_bucket(
        &self,
        fixture: &JournalFixture,
        objects: &BTreeMap<String, Vec<u8>>,
    ) -> Result<u64> {
        let reader = fixture.open_reader()?;
        let expected = |parts: &ObjectKey| match parts.kind {
            ObjectKind::Screenshot => parts.encoding == ObjectEncoding::Age,
            kind => kind != ObjectKind::Vault,
        };
        let copies = objects
            .iter()
            .map(|(key, body)| Ok((key.clone(), Bytes::from(body.clone()))));
        let bucket = OpenedBucket::read(&reader, &fixture.opener(), &expected, copies)?;
        bucket.compare(&reader, &|record| {
            let seq = record.seq;
            let found: RecordLine = serde_json::from_slice(record.recorded)?;
            let tag = fixture::tag_of(&found.record).context("a record without a tag")?;
            // Records removed here may have been uploaded before.
            let is_removed = self.taking.contains(&tag);
            let is_same = record.delivered == record.recorded
                || is_removed && record.delivered == fixture::encode_line(seq, &make_record(tag))?;
            ensure!(is_same, "record {seq} was delivered with other bytes");
            let made =
                is_screenshot(tag).then(|| upload::sha256_hex(&fixture::make_screenshot(tag).1));
            ensure!(
                record.image == made || record.image.is_none() && is_removed,
                "screenshot {seq} was not delivered as it is"
            );
            Ok(())
        })?;
        Ok(objects.len() as u64)
    }
}
