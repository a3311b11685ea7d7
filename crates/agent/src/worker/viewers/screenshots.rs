//! Steps through the screenshots of this start.

use crate::user_commands::decode_screenshot;
use console::ShownScreenshot;
use data_encoding::BASE64;
use journal::{JournalError, JournalKeys, Reader, ScreenshotLocation};
use protocol::{ScreenshotStep, ViewedScreenshot};
use settings::AppPaths;

/// Screenshots that can be stepped through, the newest ones.
const STEPPED_THROUGH: usize = 500;

/// The newest screenshot, for this start's own view; one that cannot be had is not shown.
pub(in crate::worker) fn newest_screenshot(
    paths: &AppPaths,
    keys: &JournalKeys,
) -> Option<ShownScreenshot> {
    let shown = load_screenshot(paths, keys, None, ScreenshotStep::Newest);
    decode_screenshot(&shown.ok().flatten()?)
}

/// The screenshot one step from number `from`; none when no screenshot of this start is here.
pub(in crate::worker) fn load_screenshot(
    paths: &AppPaths,
    keys: &JournalKeys,
    from: Option<u64>,
    step: ScreenshotStep,
) -> Result<Option<ViewedScreenshot>, JournalError> {
    let reader = Reader::open(&paths.journal_dir(), keys.opener.clone())?;
    let mut shots: Vec<_> = reader
        .newest_screenshots(STEPPED_THROUGH)?
        .into_iter()
        .filter(|row| row.place == ScreenshotLocation::Local && !row.shot.redacted)
        .collect();
    shots.reverse();
    let at = step_position(&shots.iter().map(|s| s.seq).collect::<Vec<_>>(), from, step);
    let Some((at, row)) = at.and_then(|at| Some((at, shots.get(at)?))) else {
        return Ok(None);
    };
    let bytes = reader.open_screenshot(row.seq)?;
    Ok(Some(ViewedScreenshot {
        seq: row.seq,
        position: at as u64 + 1,
        total: shots.len() as u64,
        taken_at: row.shot.at,
        is_blurred: row.shot.blurred,
        base64: BASE64.encode(&bytes),
    }))
}

/// The position of the screenshot to show among these numbers, which are in order. One that is gone still has neighbours.
fn step_position(seqs: &[u64], from: Option<u64>, step: ScreenshotStep) -> Option<usize> {
    let last = seqs.len().checked_sub(1)?;
    let at = match (step, from) {
        (ScreenshotStep::Newest, _) | (_, None) => last,
        (ScreenshotStep::Older, Some(from)) => {
            seqs.partition_point(|s| *s < from).saturating_sub(1)
        }
        (ScreenshotStep::Newer, Some(from)) => seqs.partition_point(|s| *s <= from),
    };
    Some(at.min(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_stepped_through_also_from_one_that_is_gone() {
        let seqs = [3, 7, 9];
        for (from, step, expected) in [
            (None, ScreenshotStep::Newest, 2),
            (None, ScreenshotStep::Older, 2),
            (Some(9), ScreenshotStep::Older, 1),
            (Some(7), ScreenshotStep::Newer, 2),
            (Some(9), ScreenshotStep::Newer, 2),
            (Some(3), ScreenshotStep::Older, 0),
            (Some(8), ScreenshotStep::Older, 1),
            (Some(8), ScreenshotStep::Newer, 2),
            (Some(1), ScreenshotStep::Older, 0),
            (Some(1), ScreenshotStep::Newer, 0),
        ] {
            assert_eq!(
                step_position(&seqs, from, step),
                Some(expected),
                "{from:?} {step:?}"
            );
        }
        assert_eq!(step_position(&[], Some(1), ScreenshotStep::Newer), None);
    }
}
