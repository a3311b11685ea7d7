use crate::kit::{Listening, last_title, options, titles, windows};
use lab::desktop::{DesktopSpec, TestWindow, VirtualDesktop, WindowSpec};
use model::{Clock, MAX_TITLE_BYTES, SensorEvent};
use platform::clock::SystemClock;
use std::time::{Duration, Instant};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, InputFocus, PropMode};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

fn window(desktop: &VirtualDesktop, title: &str) -> TestWindow {
    TestWindow::open(
        &desktop.display(),
        WindowSpec::new(title, "TestApp", 20, 40),
    )
    .unwrap()
}

#[test]
fn a_window_is_told_with_application_executable_and_title() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let first = window(&desktop, "häß → 好");
    first.activate().unwrap();
    let listening = Listening::to(&desktop);
    listening.until_title("häß → 好");
    let (_, active) = windows(&listening.seen()).pop().unwrap();
    let active = active.unwrap();
    assert_eq!(active.handle.0, u64::from(first.id()));
    assert_eq!(active.window.app, "TestApp");
    let me = std::env::current_exe().unwrap();
    assert_eq!(active.window.exe, me.to_str().unwrap());
}

#[test]
fn a_lie_about_the_process_is_corrected_by_the_server() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let mut spec = WindowSpec::new("liar", "Liar", 20, 40);
    spec.pid = Some(1);
    let liar = TestWindow::open(&desktop.display(), spec).unwrap();
    liar.activate().unwrap();
    let listening = Listening::to(&desktop);
    listening.until_title("liar");
    let (_, active) = windows(&listening.finish()).pop().unwrap();
    let me = std::env::current_exe().unwrap();
    assert_eq!(active.unwrap().window.exe, me.to_str().unwrap());
}

#[test]
fn old_programs_have_titles_too() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let spec = WindowSpec::new("café", "Old", 20, 40).legacy();
    let old = TestWindow::open(&desktop.display(), spec).unwrap();
    old.activate().unwrap();
    let listening = Listening::to(&desktop);
    listening.until_title("café");
    old.set_title("crème").unwrap();
    listening.until_title("crème");
}

#[test]
fn hostile_properties_are_survived() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let hostile = window(&desktop, "start");
    hostile.activate().unwrap();
    let listening = Listening::to(&desktop);
    hostile.set_title(&"€".repeat(9_000)).unwrap();
    listening.until("a long title", |seen| {
        last_title(seen).is_some_and(|title| title.len() > 1_000)
    });
    let title = last_title(&listening.seen()).unwrap();
    assert!(title.len() <= MAX_TITLE_BYTES && title.chars().all(|c| c == '€'));
    // Bytes that are no UTF-8, a class without its NULs, a process number that is text.
    hostile
        .set_property("_NET_WM_NAME", "UTF8_STRING", b"x\xff\x1b[31m")
        .unwrap();
    hostile.set_property("WM_CLASS", "STRING", b"bare").unwrap();
    hostile
        .set_property("_NET_WM_PID", "STRING", b"me")
        .unwrap();
    listening.until_title("x\u{fffd}\u{1b}[31m");
    hostile.set_property("WM_CLASS", "STRING", b"").unwrap();
    hostile.set_title("end").unwrap();
    listening.until_title("end");
    let (_, active) = windows(&listening.finish()).pop().unwrap();
    let me = std::env::current_exe().unwrap();
    let stem = me.file_stem().unwrap().to_str().unwrap();
    assert_eq!(active.unwrap().window.app, stem, "the last fallback");
}

#[test]
fn ninety_nine_percent_of_the_time_lies_in_the_right_window() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let names = ["one", "two", "three"];
    let all: Vec<TestWindow> = names.iter().map(|name| window(&desktop, name)).collect();
    all[2].activate().unwrap();
    let listening = Listening::to(&desktop);
    listening.until_title("three");
    // What was active when: asked for at the first time, so by the window manager's own word at the second.
    let (mut asked, mut truth) = (Vec::new(), Vec::new());
    let begin = Instant::now();
    for n in 0..40u32 {
        let next = &all[n as usize % all.len()];
        asked.push((SystemClock.now().boot, next.spec().title.clone()));
        next.activate().unwrap();
        truth.push((SystemClock.now().boot, next.spec().title.clone()));
        let due = begin + Duration::from_millis(250) * (n + 1);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let end = SystemClock.now().boot;
    let seen = listening.finish();
    let said: Vec<(Duration, String)> = windows(&seen)
        .into_iter()
        .map(|(at, active)| {
            (
                at.boot,
                active.map_or("none".into(), |a| a.window.title.clone()),
            )
        })
        .collect();
    let at = |list: &[(Duration, String)], when: Duration| -> String {
        list.iter()
            .rev()
            .find(|(from, _)| *from <= when)
            .map_or_else(String::new, |(_, title)| title.clone())
    };
    let begin = truth[0].0;
    let steps: Vec<_> = (0..)
        .map(|n| begin + n * Duration::from_micros(500))
        .take_while(|at| *at < end)
        .collect();
    let right = steps
        .iter()
        .filter(|when| {
            let said = at(&said, **when);
            said == at(&truth, **when) || said == at(&asked, **when)
        })
        .count();
    assert!(
        right * 100 >= steps.len() * 99,
        "{right} of {} samples are right",
        steps.len()
    );
    assert!(
        !titles(&seen).contains(&"none".into()),
        "none is part of a switch"
    );
}

#[test]
fn fast_titles_become_few_and_the_last_one_stays() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let build = window(&desktop, "build");
    build.activate().unwrap();
    let listening = Listening::to(&desktop);
    listening.until_title("build");
    for n in 0..400 {
        build.set_title(&format!("step {n}")).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    build.set_title("done").unwrap();
    listening.until_title("done");
    let told = titles(&listening.finish()).len();
    // Two seconds of unrest: told about once a second, and at the end.
    assert!((2..=12).contains(&told), "{told} titles were told");
}

#[test]
fn a_title_that_comes_back_before_it_was_told_is_no_change() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let blink = window(&desktop, "calm");
    blink.activate().unwrap();
    let listening = Listening::with(&sense::DesktopOptions {
        title_debounce: Duration::from_secs(1),
        ..options(&desktop)
    });
    listening.until_title("calm");
    blink.set_title("(1) calm").unwrap();
    blink.set_title("calm").unwrap();
    let other = window(&desktop, "other");
    other.activate().unwrap();
    listening.until_title("other");
    assert_eq!(titles(&listening.finish()), ["calm", "other"]);
}

#[test]
fn windows_that_vanish_are_normal_and_none_is_told_when_it_lasts() {
    let desktop = VirtualDesktop::start(800, 600).unwrap();
    let listening = Listening::to(&desktop);
    for n in 0..30 {
        let gone = window(&desktop, &format!("gone {n}"));
        gone.request_activation().unwrap();
        gone.set_title("going").unwrap();
        gone.close().unwrap();
    }
    let stays = window(&desktop, "stays");
    stays.activate().unwrap();
    listening.until_title("stays");
    stays.close().unwrap();
    listening.until("none", |seen| last_title(seen).as_deref() == Some("none"));
    let seen = listening.finish();
    assert!(
        !seen
            .iter()
            .any(|s| matches!(s.event, SensorEvent::Lost { .. }))
    );
}

#[test]
fn without_a_window_manager_the_input_focus_is_followed() {
    let spec = DesktopSpec::new(640, 480).without_window_manager();
    let mut desktop = VirtualDesktop::start_with(&spec).unwrap();
    let first = window(&desktop, "first");
    let second = window(&desktop, "second");
    let listening = Listening::to(&desktop);
    let (conn, _) = desktop.connect().unwrap();
    for shown in [&first, &second, &first] {
        conn.set_input_focus(InputFocus::PARENT, shown.id(), x11rb::CURRENT_TIME)
            .unwrap()
            .check()
            .unwrap();
        listening.until_title(&shown.spec().title);
    }
    first.set_title("renamed").unwrap();
    listening.until_title("renamed");
    conn.set_input_focus(InputFocus::PARENT, 1u32, x11rb::CURRENT_TIME)
        .unwrap()
        .check()
        .unwrap();
    listening.until("none", |seen| last_title(seen).as_deref() == Some("none"));
    // A window manager that starts later is believed from then on.
    desktop.start_window_manager().unwrap();
    second.activate().unwrap();
    listening.until_title("second");
}

/// A window manager played by the test: it writes what it likes into `_NET_ACTIVE_WINDOW`.
struct Pretender {
    conn: RustConnection,
    root: u32,
    active: u32,
    _check: TestWindow,
}

impl Pretender {
    fn at(desktop: &VirtualDesktop) -> Self {
        let (conn, root) = desktop.connect().unwrap();
        let atom = |name: &[u8]| conn.intern_atom(false, name).unwrap().reply().unwrap().atom;
        let property = atom(b"_NET_SUPPORTING_WM_CHECK");
        let active = atom(b"_NET_ACTIVE_WINDOW");
        let spec = WindowSpec::new("check", "Check", 0, 0).unmanaged();
        let check = TestWindow::open(&desktop.display(), spec).unwrap();
        let me = [check.id()];
        for window in [root, check.id()] {
            conn.change_property32(PropMode::REPLACE, window, property, AtomEnum::WINDOW, &me)
                .unwrap()
                .check()
                .unwrap();
        }
        Self {
            conn,
            root,
            active,
            _check: check,
        }
    }

    fn write(&self, window: u32) {
        self.conn
            .change_property32(
                PropMode::REPLACE,
                self.root,
                self.active,
                AtomEnum::WINDOW,
                &[window],
            )
            .unwrap()
            .check()
            .unwrap();
    }
}

#[test]
fn none_is_part_of_a_switch_until_it_lasts() {
    let spec = DesktopSpec::new(640, 480).without_window_manager();
    let desktop = VirtualDesktop::start_with(&spec).unwrap();
    let (first, second) = (window(&desktop, "first"), window(&desktop, "second"));
    for managed in [&first, &second] {
        managed
            .set_numbers("WM_STATE", "WM_STATE", &[1, 0])
            .unwrap();
    }
    let manager = Pretender::at(&desktop);
    manager.write(first.id());
    let listening = Listening::with(&sense::DesktopOptions {
        none_after: Duration::from_millis(1_000),
        ..options(&desktop)
    });
    for next in [&second, &first, &second] {
        manager.write(0);
        // Long enough to be read by itself.
        std::thread::sleep(Duration::from_millis(120));
        manager.write(next.id());
        listening.until_title(&next.spec().title);
    }
    let seen = titles(&listening.seen());
    assert_eq!(seen, ["first", "second", "first", "second"]);
    let before = SystemClock.now();
    manager.write(0);
    listening.until("none", |seen| last_title(seen).as_deref() == Some("none"));
    let after = SystemClock.now();
    let (at, _) = windows(&listening.finish()).pop().unwrap();
    // Told late, but for the time at which it began (the server counts whole milliseconds).
    assert!(at.boot + Duration::from_millis(2) >= before.boot, "{at:?}");
    assert!(
        after.since(at) >= Duration::from_millis(900),
        "{at:?} {after:?}"
    );
}
