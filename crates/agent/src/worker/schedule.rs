//! Recording hours, the time zone, pauses and the daily reminder: everything that changes by the clock and by the
//! person.

use super::daily_reminder::DailyReminder;
use super::effect::{Effect, Effects};
use super::pause_file::PauseFile;
use jiff::tz::TimeZone;
use model::{Coverage, Moment, NoticeCode, Timestamp};
use platform::timezone::zone_name;
use protocol::PauseLength;
use recorder::{PauseRequest, RecorderInput, RecordingSchedule, ScheduleWatch};
use report::format::format_relative_time;
use report::{LogSubject, ScheduleStatus};
use std::time::Duration;

/// How often the time zone is checked.
const ZONE_CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// When recording is wanted.
pub(super) struct Schedule {
    hours: ScheduleWatch,
    pause_file: PauseFile,
    daily: DailyReminder,
    last_zone_check: Moment,
}

impl Schedule {
    /// The recording hours in the zone of the system.
    pub(super) fn new(
        hours: RecordingSchedule,
        pause_file: PauseFile,
        daily: DailyReminder,
        now: Moment,
    ) -> Self {
        Self {
            hours: ScheduleWatch::new(hours, TimeZone::system(), now.utc),
            pause_file,
            daily,
            last_zone_check: now,
        }
    }

    /// True inside the recording hours.
    pub(super) fn is_inside_hours(&self) -> bool {
        self.hours.state().inside
    }

    /// Passes an edge of the recording hours on.
    pub(super) fn poll(&mut self, now: Moment) -> Effects {
        edge_effects(self.hours.poll(now.utc))
    }

    /// Once a minute: is another zone in force than `zone`?
    pub(super) fn check_zone(&mut self, now: Moment, zone: &str) -> Effects {
        if now.since(self.last_zone_check) < ZONE_CHECK_INTERVAL {
            return Effects::new();
        }
        self.last_zone_check = now;
        let system_zone = TimeZone::system();
        let name = zone_name(&system_zone);
        if *name == *zone {
            return Effects::new();
        }
        let mut effects = vec![Effect::Record(RecorderInput::Zone(name))];
        effects.extend(edge_effects(self.hours.set_zone(system_zone, now.utc)));
        effects
    }

    /// The reminder, once a day when somebody is there.
    pub(super) fn check_daily(&mut self, now: Moment, zone: &str, state: Coverage) -> Effects {
        let day = report::local_date(now.utc, zone);
        if !self.daily.take_due(day, state) {
            return Effects::new();
        }
        let text = self.daily.text().to_owned();
        vec![Effect::notice(NoticeCode::Daily, text)]
    }

    /// Pauses. The file is durable before this returns; the text answers whoever asked.
    pub(super) fn pause(
        &mut self,
        length: PauseLength,
        now: Moment,
    ) -> Result<(Effects, String), String> {
        let (pause, until) = match length {
            PauseLength::UntilResumed => (PauseRequest::UntilResumed, None),
            PauseLength::Seconds(seconds) => {
                let length = Duration::from_secs(seconds);
                (PauseRequest::For(length), Some(now.utc + length))
            }
            PauseLength::Tomorrow => match next_day(now.utc, self.hours.zone()) {
                Some(at) => (PauseRequest::Until(at), Some(at)),
                None => {
                    return Err(
                        "The clock is at the end of the calendar; set it and try again.".to_owned(),
                    );
                }
            },
        };
        let stored = self.pause_file.store_pause(until);
        let mut text = match until {
            Some(at) => format!(
                "Paused until {}. `uam resume` ends the pause earlier.",
                format_relative_time(at, now.utc, self.hours.zone())
            ),
            None => "Paused until `uam resume`.".to_owned(),
        };
        if let Err(e) = stored {
            text.push_str(&format!(
                " It could not be written to {} ({e}), so it ends if uam is started again.",
                self.pause_file.path().display()
            ));
        }
        let effects = vec![
            Effect::Record(RecorderInput::Pause(pause)),
            Effect::CommitSoon,
        ];
        Ok((effects, text))
    }

    /// Ends a pause, and removes its file.
    pub(super) fn resume(&mut self) -> Effects {
        self.pause_file.remove_file();
        vec![Effect::Record(RecorderInput::Resume), Effect::CommitSoon]
    }

    /// The answer to a resume, once the recorder is in `state`.
    pub(super) fn describe_resumed(&self, state: Coverage, now: Moment) -> String {
        let hours = self.hours.state();
        match (state, hours.next_change) {
            (state, Some(at)) if state.is_recording() && !hours.inside => format!(
                "Recording outside the recording hours, which begin {}.",
                format_relative_time(at, now.utc, self.hours.zone())
            ),
            (Coverage::Active | Coverage::Idle, _) => "Recording.".to_owned(),
            (state, _) => format!("No pause is set, but nothing is recorded now: {state}."),
        }
    }

    /// At the start: a pause from before goes on.
    pub(super) fn restore_pause(&self, now: Moment) -> Effects {
        let Some(pause) = self.pause_file.stored_pause() else {
            return Effects::new();
        };
        let text = match pause {
            PauseRequest::Until(at) => format!(
                "An earlier pause lasts until {}. `uam resume` ends it.",
                format_relative_time(at, now.utc, self.hours.zone())
            ),
            _ => "An earlier pause lasts until `uam resume`.".to_owned(),
        };
        vec![
            Effect::Record(RecorderInput::Pause(pause)),
            Effect::Log(LogSubject::State(Coverage::Paused), text),
        ]
    }

    /// Removes the file of a pause that has ended by itself.
    pub(super) fn forget_ended_pause(&mut self, is_paused: bool) {
        if !is_paused {
            self.pause_file.remove_file();
        }
    }

    /// Takes other recording hours.
    pub(super) fn set_hours(&mut self, hours: RecordingSchedule, now: Moment) -> Effects {
        edge_effects(self.hours.set_schedule(hours, now.utc))
    }

    /// The run ends on purpose: a pause without an end goes with it.
    pub(super) fn end_run(&mut self) {
        self.pause_file.end_run();
    }

    /// Until the recording hours begin or end.
    pub(super) fn time_until_edge(&self, now: Moment) -> Duration {
        let next = self.hours.state().next_change;
        next.map_or(Duration::MAX, |at| at.duration_since(now.utc))
    }

    /// For displays; none when recording is always wanted.
    pub(super) fn status(&self, is_outside_hours: bool) -> Option<ScheduleStatus> {
        let now = self.hours.state();
        (!self.hours.schedule().is_always()).then_some(ScheduleStatus {
            inside: now.inside,
            next_change: now.next_change,
            pausing: is_outside_hours,
        })
    }
}

/// `inside`: set when an edge of the recording hours was passed.
fn edge_effects(inside: Option<bool>) -> Effects {
    match inside {
        Some(inside) => vec![
            Effect::Record(RecorderInput::ScheduleEdge { inside }),
            Effect::CommitSoon,
        ],
        None => Effects::new(),
    }
}

/// When the day after the one of `at` begins in `zone`. A day in
/// whose first hour the clocks change begins where the zone says. None at the end of the calendar.
fn next_day(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let now = jiff::Timestamp::from_microsecond(at.as_micros())
        .ok()?
        .to_zoned(zone.clone());
    let begin = now.tomorrow().ok()?.start_of_day().ok()?;
    Some(Timestamp::from_micros(begin.timestamp().as_microsecond()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::effect::describe_effects;
    use super::*;

    fn at(second: i64) -> Moment {
        Moment {
            utc: Timestamp::from_seconds(1_790_000_000 + second),
            boot: Duration::ZERO,
            awake: Duration::ZERO,
        }
    }

    fn open(dir: &std::path::Path, now: Moment) -> Schedule {
        let always = RecordingSchedule::parse::<&str>(&[]).unwrap();
        let file = PauseFile::open(dir.join("pause.json"), now.utc);
        let day = report::local_date(at(0).utc, "UTC");
        Schedule::new(
            always,
            file,
            DailyReminder::new("Recording.".into(), day),
            now,
        )
    }

    #[test]
    fn a_pause_is_on_disk_before_it_is_confirmed_and_goes_on_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mut schedule = open(dir.path(), at(0));
        assert!(schedule.restore_pause(at(0)).is_empty());
        let (effects, text) = schedule.pause(PauseLength::Seconds(60), at(0)).unwrap();
        assert!(dir.path().join("pause.json").exists());
        assert_eq!(
            describe_effects(&effects),
            ["record Pause(For(60s))", "CommitSoon"]
        );
        assert!(text.starts_with("Paused until "), "{text}");

        let restored = describe_effects(&open(dir.path(), at(30)).restore_pause(at(30)));
        assert_eq!(
            restored[0],
            "record Pause(Until(Timestamp(1790000060000000)))"
        );
        assert!(restored[1].starts_with("log State(Paused): An earlier pause lasts until "));
        assert_eq!(restored.len(), 2);
        assert!(open(dir.path(), at(61)).restore_pause(at(61)).is_empty());
    }

    #[test]
    fn a_resume_removes_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut schedule = open(dir.path(), at(0));
        schedule.pause(PauseLength::UntilResumed, at(0)).unwrap();
        schedule.forget_ended_pause(true);
        assert!(dir.path().join("pause.json").exists());
        assert_eq!(
            describe_effects(&schedule.resume()),
            ["record Resume", "CommitSoon"]
        );
        assert!(!dir.path().join("pause.json").exists());
        assert_eq!(
            schedule.describe_resumed(Coverage::Active, at(1)),
            "Recording."
        );
    }

    #[test]
    fn other_hours_are_an_edge_and_the_reminder_comes_once_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let mut schedule = open(dir.path(), at(0));
        assert!(schedule.poll(at(1)).is_empty() && schedule.status(false).is_none());
        let day = schedule.hours.zone().clone();
        let today = jiff::Timestamp::from_microsecond(at(0).utc.as_micros())
            .unwrap()
            .to_zoned(day)
            .strftime("%a")
            .to_string()
            .to_lowercase();
        let other = ["mon", "tue"]
            .into_iter()
            .find(|day| *day != today)
            .unwrap();
        let hours = RecordingSchedule::parse(&[format!("{other} 00:00-00:01")]).unwrap();
        let effects = describe_effects(&schedule.set_hours(hours, at(2)));
        assert_eq!(
            effects,
            ["record ScheduleEdge { inside: false }", "CommitSoon"]
        );
        assert!(!schedule.is_inside_hours() && schedule.status(true).is_some());

        let later = at(86_400);
        assert!(
            schedule
                .check_daily(at(3), "UTC", Coverage::Active)
                .is_empty()
        );
        assert!(
            schedule
                .check_daily(later, "UTC", Coverage::Idle)
                .is_empty()
        );
        let effects = schedule.check_daily(later, "UTC", Coverage::Active);
        assert_eq!(describe_effects(&effects), ["notice Daily"]);
        assert!(
            schedule
                .check_daily(later, "UTC", Coverage::Active)
                .is_empty()
        );
    }

    #[test]
    fn the_next_day_begins_where_the_zone_says() {
        for (zone, now, begin) in [
            // 23 and 25 hours in Berlin.
            (
                "Europe/Berlin",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
            ),
            (
                "Europe/Berlin",
                "2026-10-25T22:59:59Z",
                "2026-10-25T23:00:00Z",
            ),
            // Havana's clocks went from 00:00 to 01:00, and from 01:00 back to 00:00. (A past year: what is to come, they
            // change at short notice.)
            (
                "America/Havana",
                "2020-03-08T04:30:00Z",
                "2020-03-08T05:00:00Z",
            ),
            (
                "America/Havana",
                "2020-11-01T03:30:00Z",
                "2020-11-01T04:00:00Z",
            ),
            (
                "America/Havana",
                "2020-11-01T05:30:00Z",
                "2020-11-02T05:00:00Z",
            ),
        ] {
            let at = |text: &str| {
                let at: jiff::Timestamp = text.parse().unwrap();
                Timestamp::from_micros(at.as_microsecond())
            };
            let zone_now = TimeZone::get(zone).unwrap();
            assert_eq!(
                next_day(at(now), &zone_now),
                Some(at(begin)),
                "{zone}, {now}"
            );
        }
        assert_eq!(next_day(Timestamp::MAX, &TimeZone::UTC), None);
    }
}
