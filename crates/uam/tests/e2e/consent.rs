//! Not recording because somebody said so: pauses, recording hours, exclusions; and the notice that says so.

use crate::harness::{Home, until};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use lab::desktop::{TestWindow, VirtualDesktop, WindowSpec};
use model::{Coverage, NoticeCode, Record};
use platform::clock::current_time;
use rustix::process::Signal;
use std::time::Duration;

const QUIET: &str = "[shots]\ncapture = false\n[upload]\nevery_seconds = 3600\n";

/// The local time of the tests.
fn here() -> Zoned {
    Timestamp::now().to_zoned(TimeZone::get("Europe/Berlin").unwrap())
}

fn notice_texts(home: &Home, code: NoticeCode) -> Vec<String> {
    home.lines()
        .into_iter()
        .filter_map(|(_, l)| match l.record {
            Record::Notice(n) if n.code == code => Some(n.text),
            _ => None,
        })
        .collect()
}

/// A settings file that was damaged by hand is refused, and the settings from before stay in force.
fn assert_damaged_settings_are_refused(home: &Home) {
    let good = std::fs::read_to_string(home.path("config.toml")).unwrap();
    std::fs::write(
        home.path("config.toml"),
        "[schedule]\nhours = [\"never\"]\n",
    )
    .unwrap();
    let refused = home.output(&["config", "reload"]);
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("the former ones hold"), "{said}");
    assert_eq!(home.status().state, Coverage::Active);
    std::fs::write(home.path("config.toml"), good).unwrap();
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_pause_holds_over_kill_9_and_ends_when_it_should() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let mut running = home.start(&[]);
    let midnight = || {
        let tomorrow = here().tomorrow().unwrap().start_of_day().unwrap();
        tomorrow.timestamp().as_microsecond()
    };
    // The day may end between the two looks.
    let (before, said, after) = (midnight(), home.ok(&["pause", "tomorrow"]), midnight());
    assert!(said.contains("until tomorrow 00:00:00"), "{said}");
    let paused = home.status();
    let paused_until = paused.paused_until.unwrap();
    assert!(
        paused.state == Coverage::Paused && [before, after].contains(&paused_until.as_micros())
    );
    running.signal(Signal::KILL);
    running.wait();

    let mut running = home.start(&[]);
    let status = home.status();
    assert_eq!(
        (status.state, status.paused_until),
        (Coverage::Paused, Some(paused_until))
    );
    running.line_with("An earlier pause lasts until tomorrow 00:00:00");
    // Nor does a clean end take an end away from a pause that has one.
    running.stop();
    let running = home.start(&[]);
    assert_eq!(home.status().paused_until, Some(paused_until));
    home.ok(&["resume"]);
    assert_eq!(home.status().state, Coverage::Active);
    assert!(!home.path("data/pause.json").exists());

    // A pause until resumed ends with the run that was ended on purpose.
    home.ok(&["pause"]);
    assert!(home.path("data/pause.json").exists());
    running.stop();
    let mut running = home.start(&[]);
    assert_eq!(home.status().state, Coverage::Active);
    // One that ends by itself leaves nothing behind.
    home.ok(&["pause", "--for", "1s"]);
    until("it is over", || {
        (!home.path("data/pause.json").exists()).then_some(())
    });
    assert_eq!(home.status().state, Coverage::Active);
    assert_eq!(home.output(&["stop"]).status.code(), Some(0));
    running.wait();

    // From the first pause to the resume nothing but pauses was recorded, whoever started and ended uam meanwhile.
    let spans = home.spans();
    let first = spans.iter().position(|s| s.state == Coverage::Paused);
    let run = &spans[first.unwrap()..];
    let resumed = run.iter().position(|s| s.state != Coverage::Paused);
    let paused_until = run[resumed.unwrap()].start.as_micros();
    let resumes = home
        .lines()
        .into_iter()
        .filter_map(|(_, l)| match l.record {
            Record::Notice(n) if n.code == NoticeCode::Resumed => Some(n.at.as_micros()),
            _ => None,
        });
    assert_eq!(resumes.min(), Some(paused_until));
    let daily = notice_texts(&home, NoticeCode::Daily);
    assert_eq!(daily.len(), 4, "at each start: {daily:?}");
}

#[test]
fn outside_the_recording_hours_nothing_is_recorded_unless_somebody_resumes() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let day = |days: i64| {
        let date = here().checked_add(days.days()).unwrap();
        date.strftime("%a").to_string().to_lowercase()
    };
    let other_day = format!("{} 10:00-11:00", day(3));
    let mut home = Home::new()
        .on(&desktop.display())
        .config(&format!("{QUIET}[schedule]\nhours = [\"{other_day}\"]\n"));
    let mut running = home.start(&[]);
    let status = home.status();
    let hours = status.hours.unwrap();
    assert!(status.state == Coverage::Paused && hours.pausing && !hours.inside);
    let plain = home.ok(&["status"]);
    assert!(
        plain.contains("outside the recording hours until") && plain.contains("10:00:00"),
        "{plain}"
    );
    let said = home.ok(&["resume"]);
    assert!(said.contains("outside the recording hours"), "{said}");
    assert_eq!(home.status().state, Coverage::Active);
    for sentence in [
        "uam is recording",
        "It is stored in",
        "`uam pause` pauses it",
    ] {
        running.line_with(sentence);
    }

    // Hours that end with this minute: it records, and then it does not.
    until("some of a minute is left", || {
        let into = current_time().since_multiple_of(MINUTE);
        (into < Duration::from_secs(50)).then_some(())
    });
    let minute = here().checked_add(1.minutes()).unwrap();
    let end = match minute.strftime("%H:%M").to_string().as_str() {
        "00:00" => "24:00".to_owned(),
        time => time.to_owned(),
    };
    let minute = model::Timestamp::from_micros(minute.timestamp().as_microsecond());
    let end_of_hours = minute - minute.since_multiple_of(MINUTE);
    let value = format!("[\"{} 00:00-{end}\"]", day(0));
    home.unlock();
    let said = home.ok(&["config", "set", "schedule.hours", &value]);
    assert!(said.contains("has applied the recording hours"), "{said}");
    until("most of the minute is over", || {
        (current_time() > end_of_hours - Duration::from_secs(20)).then_some(())
    });
    until("the hours are over", || {
        let status = home.status();
        (status.state == Coverage::Paused && status.hours.unwrap().pausing).then_some(())
    });
    home.ok(&["config", "set", "schedule.hours", "[]"]);
    let status = home.status();
    assert!(status.state == Coverage::Active && status.hours.is_none());

    assert_damaged_settings_are_refused(&home);
    running.stop();

    let told: Vec<NoticeCode> = home
        .notices()
        .into_iter()
        .filter(|c| {
            matches!(
                c,
                NoticeCode::OutsideHours
                    | NoticeCode::InsideHours
                    | NoticeCode::Resumed
                    | NoticeCode::Settings
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            NoticeCode::OutsideHours,
            NoticeCode::Resumed,
            // That it was changed, and that it is in force.
            NoticeCode::Settings,
            NoticeCode::Settings,
            NoticeCode::OutsideHours,
            NoticeCode::Settings,
            NoticeCode::Settings,
            NoticeCode::InsideHours
        ]
    );
    let spans = home.spans();
    let edge = spans.iter().rposition(|s| s.state == Coverage::Paused);
    let edge = spans[..edge.unwrap()]
        .iter()
        .rposition(|s| s.state != Coverage::Paused)
        .unwrap();
    assert!(
        spans[edge].end() >= end_of_hours,
        "it recorded up to the edge"
    );
}

#[test]
fn a_new_rule_protects_the_window_that_is_active_at_once() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let window = TestWindow::open(
        &desktop.display(),
        WindowSpec::new("Plans for the takeover", "Chronicle", 100, 100),
    )
    .unwrap();
    window.activate().unwrap();
    let mut home = Home::new().on(&desktop.display()).config(&format!(
        "# mine\n{QUIET}[exclude] # rules\ndefaults = true\n"
    ));
    let running = home.start(&[]);
    let is_named = |home: &Home| {
        home.status()
            .window
            .filter(|w| w.title.contains("takeover"))
            .map(|_| ())
    };
    until("the window is named", || is_named(&home));
    let test = |home: &Home| home.ok(&["exclude", "--test", "Plans for the takeover"]);
    assert!(test(&home).starts_with("Not protected"));

    let said = home.ok(&["exclude", "--add-title", "Takeover"]);
    assert!(said.contains("Your rule 1: title \"Takeover\"."), "{said}");
    assert!(said.contains("has applied the exclusion rules"), "{said}");
    let status = home.status();
    assert!(status.protected && status.window.is_none());
    assert!(test(&home).contains("Protected by your rule 1"));
    let listed = home.ok(&["exclude"]);
    assert!(
        listed.contains("1  title \"Takeover\"") && listed.contains("private browsing"),
        "{listed}"
    );

    home.unlock();
    home.ok(&["exclude", "--remove", "1"]);
    until("the window is named again", || is_named(&home));
    let config = std::fs::read_to_string(home.path("config.toml")).unwrap();
    assert!(
        config.starts_with("# mine\n") && config.contains("[exclude] # rules\ndefaults = true\n"),
        "{config}"
    );
    running.stop();
    let told = notice_texts(&home, NoticeCode::Settings);
    // Added, the right to remove it, and removed.
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told.iter().all(|t| !t.to_lowercase().contains("takeover")),
        "a notice does not repeat the word: {told:?}"
    );
    let named: Vec<bool> = home
        .spans()
        .iter()
        .filter(|s| s.protected || s.window.is_some())
        .map(|s| s.window.is_some())
        .collect();
    let mut order = named;
    order.dedup();
    assert_eq!(order, [true, false, true], "named, protected, named");
}
