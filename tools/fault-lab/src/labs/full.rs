//! A small disk that is really full.

use crate::book::{Book, is_shot, record};
use crate::desk::{self, Desk, Still};
use crate::form::{Form, Verdict};
use crate::labs::faults::sent;
use crate::mount::{self, Mount};
use anyhow::{Context, Result, bail, ensure};
use journal::{Commit, FreezeOptions, Journal, JournalError, Outbox};
use std::fs::{self, File};
use std::ops::ControlFlow;
use upload::ObjectStoreSink;

/// Size of the disk in bytes.
const DISK: u64 = 12 << 20;
/// Files that stand for what other programs keep there; each is removed when the disk is full.
const BALLAST: u64 = 3;
/// Steps tried on a full disk.
const TRIED: u64 = 40;

pub(crate) fn run(form: Form) -> Result<Verdict> {
    let mut fulls = 0;
    let mut acked = 0;
    let mut refused = 0;
    for _ in 0..form.pick(1, 20) {
        match one()? {
            Ok((f, a, r)) => {
                fulls += f;
                acked += a;
                refused += r;
            }
            Err(why) => return Ok(Verdict::CannotHere(why)),
        }
    }
    Ok(Verdict::Passed(format!(
        "an ext4 disk of {} MiB full {fulls} times, {refused} steps refused and said so, room made, recording went on: \
         {acked} records acknowledged, 0 lost",
        DISK >> 20
    )))
}

/// How often it was full, how many records were acknowledged, how many steps refused.
fn one() -> Result<Result<(u64, u64, u64), String>> {
    let dir = desk::quick_dir()?;
    let image = dir.path().join("disk");
    File::create(&image)?.set_len(DISK)?;
    let at = dir.path().join("mounted");
    let mounted = mount::format(&image).and_then(|()| Mount::new(&image, &at, "loop"));
    let disk = match mounted {
        Ok(disk) => disk,
        Err(e) => {
            return Ok(Err(format!(
                "{e:#}; it takes root, mkfs.ext4 and a loop device (the tests of the journal limit the size of files \
                 instead)"
            )));
        }
    };
    let desk = Desk::new(&at)?;
    for n in 0..BALLAST {
        fs::write(at.join(format!("ballast-{n}")), vec![7; 1 << 20])?;
    }
    let (mut journal, _) = desk::open(&at, desk::START_US)?;
    journal.commit_recovered(&[], desk::START_US)?;
    let mut book = Book::default();
    let mut tag = 1;
    let mut refused = 0;
    for n in 0..BALLAST {
        // Until it is full.
        let mut fine = 0;
        while write(&mut journal, &mut book, tag)? {
            tag += 1;
            fine += 1;
            ensure!(fine < 100_000, "the disk is never full");
        }
        ensure!(fine > 10, "room was made, and it did not go on");
        // Still full: some small step may fit, and is kept then; nothing else happens.
        for _ in 0..TRIED {
            tag += 1;
            if !write(&mut journal, &mut book, tag)? {
                refused += 1;
            }
        }
        if n == 1 {
            // A start on a full disk either works or says why, and harms nothing.
            drop(journal);
            let again = desk::open(&at, desk::START_US);
            if let Err(e) = &again {
                let said = e.downcast_ref::<JournalError>();
                ensure!(
                    said.is_some_and(JournalError::is_temporary),
                    "the start on a full disk: {e:#}"
                );
            }
            drop(again);
            fs::remove_file(at.join(format!("ballast-{n}")))?;
            let (next, recovery) = desk::open(&at, desk::START_US)?;
            ensure!(recovery.quarantined.is_none(), "{recovery:?}");
            journal = next;
            journal.commit_recovered(&[], desk::START_US)?;
        } else {
            fs::remove_file(at.join(format!("ballast-{n}")))?;
        }
    }
    ensure!(
        write(&mut journal, &mut book, tag + 1)?,
        "room was made, and it did not go on"
    );
    // Delivered elsewhere, everything is there.
    journal.freeze(desk::START_US, &FreezeOptions::default())?;
    let to = dir.path().join("sent");
    let store = ObjectStoreSink::directory(&to)?;
    let mut on = |_| ControlFlow::Continue(());
    upload::drain(
        &mut Outbox::open(&desk.at())?,
        &store,
        None,
        &Still,
        &mut on,
    )?;
    journal.close(desk::START_US)?;
    book.look_at_all(&desk)?;
    book.compare(&desk, &sent(&to)?)?;
    let acked = book.acked();
    disk.end()?;
    Ok(Ok((BALLAST, acked, refused)))
}

/// One step; false when the disk is full.
fn write(journal: &mut Journal, book: &mut Book, tag: u64) -> Result<bool> {
    let at_us = desk::START_US;
    let done = if is_shot(tag) {
        let (shot, picture) = desk::shot(tag);
        journal.add_shot(&shot, &picture, at_us)
    } else {
        let step = Commit {
            records: &[record(tag)],
            at_us,
            ..Commit::default()
        };
        journal
            .commit(step)
            .map(|seqs| seqs.first().copied().unwrap_or(0))
    };
    match done {
        Ok(seq) => {
            book.hear(&format!("ack {seq} {tag}"))
                .context("the same number again")?;
            Ok(true)
        }
        Err(JournalError::DiskFull { .. }) => Ok(false),
        Err(e) => bail!("on a full disk: {e}"),
    }
}
