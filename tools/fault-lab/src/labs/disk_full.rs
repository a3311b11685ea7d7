//! A small file system that is really full.

use crate::fixture::{
    self, FixedClock, JournalFixture, START, is_screenshot, make_record, read_sent_objects,
};
use crate::lab::{LabVerdict, RunLength};
use crate::ledger::AckLedger;
use crate::mount::{self, TempMount};
use anyhow::{Context, Result, bail, ensure};
use journal::{Commit, FreezeOptions, Journal, JournalError, Outbox};
use std::fs::{self, File};
use std::ops::ControlFlow;
use upload::ObjectStoreSink;

/// Size of the disk in bytes.
const DISK: u64 = 12 << 20;
/// Files that stand for those of other programs; each is removed when the disk is full.
const BALLAST: u64 = 3;
/// Steps tried on a full disk.
const TRIED: u64 = 40;

pub(crate) fn run(length: RunLength) -> Result<LabVerdict> {
    let mut fulls = 0;
    let mut acked = 0;
    let mut refused = 0;
    for _ in 0..length.pick(1, 20) {
        match fill_disk()? {
            Ok((f, a, r)) => {
                fulls += f;
                acked += a;
                refused += r;
            }
            Err(why) => return Ok(LabVerdict::CannotHere(why)),
        }
    }
    Ok(LabVerdict::Passed(format!(
        "an ext4 disk of {} MiB full {fulls} times, {refused} steps refused and said so, room made, recording went on: \
         {acked} records acknowledged, 0 lost",
        DISK >> 20
    )))
}

/// Fills one disk; returns how often it was full, how many records were acknowledged, how many steps refused.
fn fill_disk() -> Result<Result<(u64, u64, u64), String>> {
    let dir = fixture::make_fast_dir()?;
    let image = dir.path().join("disk");
    File::create(&image)?.set_len(DISK)?;
    let at = dir.path().join("mounted");
    let mounted = mount::make_ext4(&image).and_then(|()| TempMount::new(&image, &at, "loop"));
    let disk = match mounted {
        Ok(disk) => disk,
        Err(e) => {
            return Ok(Err(format!(
                "{e:#}; it takes root, mkfs.ext4 and a loop device (the tests of the journal limit the size of files \
                 instead)"
            )));
        }
    };
    let fixture = JournalFixture::new(&at)?;
    for n in 0..BALLAST {
        fs::write(at.join(format!("ballast-{n}")), vec![7; 1 << 20])?;
    }
    let (mut journal, _) = fixture::open_journal(&at, fixture::START)?;
    journal.commit_recovered(&[], fixture::START)?;
    let mut ledger = AckLedger::default();
    let mut tag = 1;
    let mut refused = 0;
    for n in 0..BALLAST {
        // Until it is full.
        let mut fine = 0;
        while write_record(&mut journal, &mut ledger, tag)? {
            tag += 1;
            fine += 1;
            ensure!(fine < 100_000, "the disk is never full");
        }
        ensure!(fine > 10, "room was made, and it did not go on");
        // Still full: some small step may fit, and is kept then; nothing else happens.
        for _ in 0..TRIED {
            tag += 1;
            if !write_record(&mut journal, &mut ledger, tag)? {
                refused += 1;
            }
        }
        // The last of them may have been kept.
        tag += 1;
        if n == 1 {
            // A start on a full disk either works or says why, and harms nothing.
            drop(journal);
            let again = fixture::open_journal(&at, fixture::START);
            if let Err(e) = &again {
                let said = e.downcast_ref::<JournalError>();
                ensure!(
                    said.is_some_and(JournalError::is_temporary),
                    "the start on a full disk: {e:#}"
                );
            }
            drop(again);
            fs::remove_file(at.join(format!("ballast-{n}")))?;
            let (next, recovery) = fixture::open_journal(&at, fixture::START)?;
            ensure!(recovery.quarantined.is_none(), "{recovery:?}");
            journal = next;
            journal.commit_recovered(&[], fixture::START)?;
        } else {
            fs::remove_file(at.join(format!("ballast-{n}")))?;
        }
    }
    ensure!(
        write_record(&mut journal, &mut ledger, tag + 1)?,
        "room was made, and it did not go on"
    );
    // Delivered elsewhere, everything is there.
    journal.freeze(fixture::START, &FreezeOptions::default())?;
    let to = dir.path().join("sent");
    let store = ObjectStoreSink::directory(&to)?;
    let mut on = |_| ControlFlow::Continue(());
    upload::drain(
        &mut Outbox::open(&fixture.journal_dir())?,
        &store,
        None,
        &FixedClock(START),
        &mut on,
    )?;
    journal.close(fixture::START)?;
    ledger.check_everything(&fixture)?;
    ledger.compare_bucket(&fixture, &read_sent_objects(&to)?)?;
    let acked = ledger.count_acknowledged();
    disk.unmount()?;
    Ok(Ok((BALLAST, acked, refused)))
}

/// Writes one record; false when the disk is full.
fn write_record(journal: &mut Journal, ledger: &mut AckLedger, tag: u64) -> Result<bool> {
    let at = fixture::START;
    let done = if is_screenshot(tag) {
        let (shot, image) = fixture::make_screenshot(tag);
        journal.add_screenshot(&shot, &image, at)
    } else {
        let step = Commit {
            records: &[make_record(tag)],
            at,
            ..Commit::default()
        };
        journal
            .commit(step)
            .map(|seqs| seqs.first().copied().unwrap_or(0))
    };
    match done {
        Ok(seq) => {
            ledger
                .read_line(&format!("ack {seq} {tag}"))
                .context("the same number again")?;
            Ok(true)
        }
        Err(JournalError::DiskFull { .. }) => Ok(false),
        Err(e) => bail!("on a full disk: {e}"),
    }
}
