//! The totals of the present day, as far as the journal opens with the key at hand.

use jiff::civil::Date;
use journal::Reader;
use model::Timestamp;
use platform::clock::current_time;
use platform::timezone::current_zone_name;
use report::{TodayTotals, ViewOptions};
use settings::AppPaths;
use vault::Opener;

/// The day so far, for a start; a journal that cannot be read begins the day at nothing. The worker could not read it: it
/// opens only records of its own start.
pub fn read_day_so_far(paths: &AppPaths, opener: Opener) -> TodayTotals {
    let now = current_time();
    let zone = current_zone_name();
    let day = report::local_date(now, &zone);
    read_day(paths, opener, day, now, &zone).unwrap_or_else(|| TodayTotals::new(day, &zone))
}

/// The records on `day` that `opener` opens; with the lease, those of this start.
pub(crate) fn read_day(
    paths: &AppPaths,
    opener: Opener,
    day: Date,
    now: Timestamp,
    zone: &str,
) -> Option<TodayTotals> {
    let reader = Reader::open(&paths.journal_dir(), opener).ok()?;
    let (report, strip) =
        report::query::read_day_with_timeline(&reader, ViewOptions::default(), day, now, zone)
            .ok()?;
    Some(TodayTotals::from_report(&report, &strip))
}

/// The day so far, from the totals that the start found and those of its own workers.
pub(crate) fn merge_day(
    before: Option<&TodayTotals>,
    own: Option<&TodayTotals>,
    day: Date,
    zone: &str,
) -> TodayTotals {
    let mut today = before
        .filter(|t| t.day() == day)
        .cloned()
        .unwrap_or_else(|| TodayTotals::new(day, zone));
    if let Some(own) = own {
        today.merge(own);
    }
    today
}
