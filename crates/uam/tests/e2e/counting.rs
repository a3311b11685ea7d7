//! The counts equal the input and the windows of the test.

use crate::harness::{Home, until};
use lab::desktop::{Button, Fill, TestWindow, Typist, VirtualDesktop, WindowSpec};
use model::Timestamp;
use model::{Counts, Coverage, Frame, Record, Span};
use platform::clock::current_time;
use std::time::{Duration, Instant};

const QUIET: &str = "[shots]\ncapture = false\n[upload]\nevery_seconds = 3600\n";

fn total(spans: &[Span]) -> Counts {
    let mut all = Counts::default();
    for span in spans {
        all += span.counts;
    }
    all
}

#[test]
fn two_hundred_keys_are_200_a_hundred_clicks_are_100_and_a_held_key_is_one() {
    let desktop = VirtualDesktop::start(1280, 800).unwrap();
    let window = TestWindow::open(
        &desktop.display(),
        WindowSpec::new("Counting", "Counter", 100, 100),
    )
    .unwrap();
    window.activate().unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let running = home.start(&[]);
    let typist = Typist::new(&desktop.display()).unwrap();
    typist.point_at(300, 250).unwrap();
    typist.keys(200, 100).unwrap();
    typist.clicks(Button::Left, 60, 50).unwrap();
    typist.clicks(Button::Right, 25, 50).unwrap();
    typist.clicks(Button::Middle, 15, 50).unwrap();
    typist.clicks(Button::ScrollDown, 30, 50).unwrap();
    until("everything is counted", || {
        let c = home.status().today_counts;
        (c.keys() >= 200 && c.clicks() >= 100 && c.scroll() >= 30).then_some(())
    });
    typist.hold_key(Duration::from_secs(3)).unwrap();
    until("the held key is counted", || {
        (home.status().today_counts.keys() > 200).then_some(())
    });
    running.stop();
    let counts = total(&home.spans());
    assert_eq!(
        (counts.keys(), counts.clicks(), counts.scroll()),
        (201, 100, 30)
    );
    assert_eq!(
        (
            counts.injected.left,
            counts.injected.right,
            counts.injected.middle
        ),
        (60, 25, 15)
    );
    assert!(
        counts.hardware.is_zero(),
        "XTEST input is told apart: {counts:?}"
    );
    home.unlock();
    let report = home.ok(&["report", "--day", "today"]);
    assert!(report.contains("Counter"), "{report}");
}

#[test]
fn every_second_of_a_run_is_covered() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let one = TestWindow::open(&desktop.display(), WindowSpec::new("One", "One", 50, 50)).unwrap();
    let two =
        TestWindow::open(&desktop.display(), WindowSpec::new("Two", "Two", 200, 150)).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let before = current_time();
    let running = home.start(&[]);
    let typist = Typist::new(&desktop.display()).unwrap();
    for n in 0..6 {
        if n % 2 == 0 { &one } else { &two }.activate().unwrap();
        typist.keys(5, 20).unwrap();
    }
    until("the first keys are counted", || {
        (home.status().today_counts.keys() == 30).then_some(())
    });
    home.ok(&["pause"]);
    one.activate().unwrap();
    typist.keys(40, 100).unwrap();
    home.ok(&["resume"]);
    // Input is counted from the next whole second on, so that nothing of the pause can be.
    std::thread::sleep(Duration::from_millis(1100));
    typist.keys(7, 20).unwrap();
    until("the last keys are counted", || {
        (home.status().today_counts.keys() >= 37).then_some(())
    });
    running.stop();
    let after = current_time();
    let spans = home.spans();
    for pair in spans.windows(2) {
        assert_eq!(pair[0].end(), pair[1].start, "spans touch: {pair:?}");
    }
    let notices: Vec<_> = home
        .lines()
        .into_iter()
        .filter_map(|(_, l)| {
            if let Record::Notice(n) = l.record {
                Some(n.at)
            } else {
                None
            }
        })
        .collect();
    let (first, last) = (spans.first().unwrap().start, spans.last().unwrap().end());
    assert_eq!(
        (Some(&first), Some(&last)),
        (notices.first(), notices.last()),
        "from the start to the stop"
    );
    assert!(before <= first && last <= after);
    assert_eq!(
        total(&spans).keys(),
        37,
        "what was typed while paused is not counted"
    );
    assert!(
        spans
            .iter()
            .any(|s| s.state == Coverage::Paused && s.window.is_none())
    );
    assert!(spans.iter().all(|s| &*s.zone == "Europe/Berlin"));
}

/// Thirty seconds, a switch every 250 ms: at least 99 % of the time lies in the right window's spans.
#[test]
fn four_switches_a_second_are_followed() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let windows: Vec<TestWindow> = ["Anna", "Bert", "Carl"]
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let at = 40 + 120 * i16::try_from(n).unwrap();
            TestWindow::open(&desktop.display(), WindowSpec::new(name, name, at, at)).unwrap()
        })
        .collect();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let running = home.start(&[]);
    let typist = Typist::new(&desktop.display()).unwrap();
    // The script's own truth: when each activation was asked for, and when the window manager confirmed it.
    let names = ["Anna", "Bert", "Carl"];
    let mut truth: Vec<(Timestamp, Timestamp, &str)> = Vec::new();
    let begun = Instant::now();
    for n in 0..120 {
        let due = Duration::from_millis(250) * n;
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        let asked = current_time();
        windows[n as usize % 3].activate().unwrap();
        truth.push((asked, current_time(), names[n as usize % 3]));
    }
    std::thread::sleep(Duration::from_millis(250));
    let end = current_time();
    typist.keys(1, 1).unwrap();
    until("the last window is known", || {
        (home.status().today_counts.keys() == 1).then_some(())
    });
    running.stop();
    let spans = home.spans();
    let within = |name: &str, from: Timestamp, to: Timestamp| -> Duration {
        spans
            .iter()
            .filter(|s| s.window.as_ref().is_some_and(|w| w.title == name))
            .map(|s| s.end().min(to).duration_since(s.start.max(from)))
            .sum()
    };
    let mut right = Duration::ZERO;
    for (n, (_, confirmed, name)) in truth.iter().enumerate() {
        let next = truth.get(n + 1);
        right += within(name, *confirmed, next.map_or(end, |t| t.0));
        // Between the request and its confirmation the window manager was switching: the old and the new one are right.
        if let Some((asked, confirmed, new)) = next {
            right += within(name, *asked, *confirmed) + within(new, *asked, *confirmed);
        }
    }
    let whole = end.duration_since(truth[0].1);
    let share = right.div_duration_f64(whole);
    eprintln!(
        "right for {:.2} % of {:.1} s",
        share * 100.0,
        whole.as_secs_f64()
    );
    assert!(share >= 0.99, "{share}");
}

#[test]
fn a_shot_shows_the_window_and_nothing_of_the_one_behind_it() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let spec = |title, x, y| WindowSpec::new(title, title, x, y).undecorated();
    let behind = spec("Behind", 0, 0)
        .sized(1000, 680)
        .filled(Fill::Solid(0x00ff_0000));
    let _behind = TestWindow::open(&desktop.display(), behind).unwrap();
    let fill = Fill::Pattern(7);
    let front = spec("Front", 200, 150).sized(400, 300).filled(fill);
    let front = TestWindow::open(&desktop.display(), front).unwrap();
    front.activate().unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .config("[shots]\ncapture = true\nblur = false\nevery_seconds = 86400\n[upload]\nevery_seconds = 3600\n");
    let running = home.start(&[]);
    until("the front window is recorded", || {
        home.status()
            .window
            .is_some_and(|w| w.title == "Front")
            .then_some(())
    });
    home.ok(&["shot"]);
    until("the picture is kept", || home.status().last_screenshot);
    running.stop();
    let file = home.path("shot.webp");
    home.unlock();
    home.ok(&["shots", "--save", file.to_str().unwrap()]);
    // The same pipeline over the window's known content gives the same bytes: every pixel is the window's own.
    let known: Vec<u8> = (0..300)
        .flat_map(|y| (0..400).map(move |x| (x, y)))
        .flat_map(|(x, y)| fill.pixel(x, y).to_le_bytes())
        .collect();
    let frame = Frame {
        width: 400,
        height: 300,
        stride: 1600,
        bgrx: &known,
        scale_percent: 100,
        foreign: &[],
    };
    let mut pipeline = screenshots::ScreenshotPipeline::new(screenshots::ScreenshotSettings {
        blur: false,
        ..screenshots::ScreenshotSettings::default()
    });
    let screenshots::PipelineOutcome::Screenshot(expected) = pipeline.process(&frame).unwrap()
    else {
        panic!("a pattern is a picture")
    };
    let picture = image::open(&file).unwrap().to_rgb8();
    assert_eq!(picture.dimensions(), (400, 300));
    assert!(
        std::fs::read(&file).unwrap() == expected.bytes,
        "the picture is of something else"
    );
    let lines = home.lines().into_iter();
    let shots: Vec<u64> = lines
        .filter(|(_, l)| matches!(&l.record, Record::Shot(_)))
        .map(|(_, l)| l.seq)
        .collect();
    assert_eq!(shots.len(), 1);
    handed_over(&home, shots[0], &expected.bytes);
}

/// The same record as pages for a client, with its screenshot, and as a calendar.
fn handed_over(home: &Home, shot: u64, picture: &[u8]) {
    let file = |name: &str| home.path(name).to_str().unwrap().to_owned();
    let (html, pdf, ics) = (file("day.html"), file("day.pdf"), file("day.ics"));
    let number = shot.to_string();
    let page = [
        "report", "--html", &html, "--pdf", &pdf, "--for", "<Client>", "--shot", &number,
    ];
    home.ok(&page);
    let text = std::fs::read_to_string(&html).unwrap();
    assert!(text.contains("Time report for &lt;Client&gt;"), "{text}");
    let encoded = data_encoding::BASE64.encode(picture);
    assert!(
        text.contains(&encoded),
        "the picture is in it as it is kept"
    );
    let bytes = std::fs::read(&pdf).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.7"));
    let found = |what: &[u8]| bytes.windows(what.len()).any(|w| w == what);
    assert!(
        found(b"/DCTDecode") && found(b"/Width 400"),
        "the picture is in it as JPEG"
    );
    let none = home.output(&["report", "--pdf", &pdf, "--shot", "999999"]);
    assert_eq!(none.status.code(), Some(2), "{none:?}");
    let said = home.ok(&["export", "--ics", &ics, "--by", "app", "--min", "1s"]);
    assert!(said.contains("event"), "{said}");
    let calendar = std::fs::read_to_string(&ics).unwrap();
    assert!(calendar.starts_with("BEGIN:VCALENDAR\r\n"), "{calendar}");
    let day = home.ok(&["report", "--merge", "30s", "--json"]);
    let day: report::DayReport = serde_json::from_str(&day).unwrap();
    let active: Duration = day.categories.iter().map(|c| c.usage.active).sum();
    assert_eq!(active, day.time_in(Coverage::Active));
}

#[test]
fn with_blur_on_only_the_small_picture_is_kept() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let spec = WindowSpec::new("Letter", "Letter", 100, 100)
        .undecorated()
        .sized(600, 400);
    let window = TestWindow::open(&desktop.display(), spec).unwrap();
    window.activate().unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .config("[shots]\nblur = true\nevery_seconds = 86400\n[upload]\nevery_seconds = 3600\n");
    let running = home.start(&[]);
    until("the window is recorded", || {
        home.status().window.filter(|w| w.title == "Letter")
    });
    home.ok(&["shot"]);
    until("the picture is kept", || home.status().last_screenshot);
    running.stop();
    let shot = home
        .lines()
        .into_iter()
        .find_map(|(_, l)| {
            if let Record::Shot(s) = l.record {
                Some(s)
            } else {
                None
            }
        })
        .unwrap();
    assert!(shot.blurred);
    assert_eq!((shot.screen_width, shot.screen_height), (600, 400));
    let file = home.path("shot.webp");
    home.unlock();
    home.ok(&["shots", "--save", file.to_str().unwrap()]);
    // Blocks at the edge are stretched, never thinner.
    let side = screenshots::blur_block_side(100);
    let small = image::open(&file).unwrap();
    assert_eq!((small.width(), small.height()), (600 / side, 400 / side));
}
