//! The Windows sensors on a Windows desktop. The windows belong to another program, the `stage` example.
#![cfg(windows)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use model::{Rect, SensorEvent, SensorKind, SensorSupport, TimedEvent, WindowHandle};
use platform::clock::SystemClock;
use sense::{CaptureError, Desktop, DesktopOptions, SensorSupervisor, WindowCapture};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

/// Nothing here takes longer than this on any machine that is not broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// The test's own program with real windows.
struct Stage {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Stage {
    fn start() -> Self {
        let tests = std::env::current_exe().unwrap();
        let built = tests.ancestors().nth(2).unwrap();
        let mut child = Command::new(built.join("examples").join("stage.exe"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo builds the examples with the tests");
        let mut stage = Self {
            stdin: child.stdin.take().unwrap(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        assert_eq!(stage.answer(), "ready");
        stage
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Has one command executed; returns the text after `ok` in the answer.
    fn does(&mut self, command: &str) -> String {
        writeln!(self.stdin, "{command}").unwrap();
        let answer = self.answer();
        let rest = answer.strip_prefix("ok");
        rest.unwrap_or_else(|| panic!("{command}: {answer}"))
            .trim()
            .to_owned()
    }

    /// Opens a window and brings it to the foreground.
    fn shows(&mut self, open: &str) -> WindowHandle {
        let handle = self.does(&format!("open {open}")).parse().unwrap();
        self.does(&format!("activate {}", open.split(' ').next().unwrap()));
        WindowHandle(handle)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Listening {
    events: Receiver<TimedEvent>,
    _running: SensorSupervisor,
}

impl Listening {
    fn start(options: &DesktopOptions, queue: usize) -> Self {
        let (tx, events) = sync_channel(queue);
        let running = Desktop::open(options, Arc::new(SystemClock)).start(tx);
        Self {
            events,
            _running: running,
        }
    }

    /// The first event of which `pick` makes something.
    fn until<T>(&self, mut pick: impl FnMut(TimedEvent) -> Option<T>) -> T {
        loop {
            let event = self.events.recv_timeout(PATIENCE);
            if let Some(found) = pick(event.expect("it was never told")) {
                return found;
            }
        }
    }

    fn title(&self, wanted: &str) {
        self.until(|e| match e.event {
            SensorEvent::Window { active: Some(a) } => (a.window.title == wanted).then_some(()),
            _ => None,
        });
    }

    /// Waits until `keys` presses were reported.
    fn keys(&self, keys: u64) {
        let mut sum = 0;
        while sum < keys {
            sum += self.until(|e| match e.event {
                SensorEvent::Input { counts } => Some(counts.keys()),
                _ => None,
            });
        }
        assert_eq!(sum, keys);
    }
}

#[test]
fn everything_but_a_battery_is_served() {
    let desktop = Desktop::open(&DesktopOptions::default(), Arc::new(SystemClock));
    for capability in desktop.capabilities() {
        let served = matches!(capability.support, SensorSupport::By(_));
        assert_eq!(
            served,
            capability.concern != SensorKind::Power,
            "{capability:?}"
        );
    }
}

#[test]
fn keys_typed_while_nobody_listens_are_counted_later() {
    let mut stage = Stage::start();
    stage.shows("one 10 10 200 200 204060 Stalled");
    // The queue is full with the first batch, so the pump stands still in the second one.
    let listening = Listening::start(&DesktopOptions::default(), 1);
    listening.title("Stalled");
    stage.does("keys 100");
    // Not a wait for something: the stall itself is under test.
    std::thread::sleep(Duration::from_secs(2));
    stage.does("keys 300");
    std::thread::sleep(Duration::from_secs(2));
    stage.does("keys 100");
    listening.keys(500);
}

#[test]
fn a_held_key_is_one_press_and_a_lock_forgets_it() {
    let mut stage = Stage::start();
    stage.shows("one 10 10 200 200 204060 Held");
    let listening = Listening::start(&DesktopOptions::default(), 100);
    listening.title("Held");
    stage.does("hold 50");
    stage.does("keys 1");
    listening.keys(2);
    let lock = |listening: &Listening| {
        listening.until(|e| match e.event {
            SensorEvent::Lock { locked } => Some(locked),
            _ => None,
        })
    };
    // WM_WTSSESSION_CHANGE with WTS_SESSION_LOCK and WTS_SESSION_UNLOCK.
    stage.does("tell uam-sensors 689 7");
    assert!(lock(&listening));
    stage.does("tell uam-sensors 689 8");
    assert!(!lock(&listening));
}

#[test]
fn sleep_is_told_before_and_after() {
    let mut stage = Stage::start();
    let listening = Listening::start(&DesktopOptions::default(), 100);
    let sleep = |listening: &Listening| {
        listening.until(|e| match e.event {
            SensorEvent::Sleep { asleep } => Some(asleep),
            _ => None,
        })
    };
    listening.until(|e| matches!(e.event, SensorEvent::Window { .. }).then_some(()));
    // WM_POWERBROADCAST with PBT_APMSUSPEND and PBT_APMRESUMEAUTOMATIC.
    stage.does("tell uam-sensors 536 4");
    assert!(sleep(&listening));
    stage.does("tell uam-sensors 536 18");
    assert!(!sleep(&listening));
}

#[test]
fn windows_and_titles_are_told_with_their_program() {
    let mut stage = Stage::start();
    let listening = Listening::start(&DesktopOptions::default(), 100);
    stage.shows("one 10 10 200 200 204060 One");
    let window = listening.until(|e| match e.event {
        SensorEvent::Window { active: Some(a) } => (a.window.title == "One").then_some(a.window),
        _ => None,
    });
    assert_eq!(window.app, "stage");
    assert!(
        window.exe.ends_with(r"\examples\stage.exe"),
        "{}",
        window.exe
    );
    stage.shows("two 300 10 200 200 602040 Two");
    listening.title("Two");
    stage.does("title two Zwei – “π”");
    listening.title("Zwei – “π”");
    stage.does(&format!("title two {}", "€".repeat(5_000)));
    let long = listening.until(|e| match e.event {
        SensorEvent::Window { active: Some(a) } => Some(a.window.title.clone()),
        _ => None,
    });
    assert_eq!(long, "€".repeat(model::MAX_TITLE_BYTES / 3));
    stage.does("activate one");
    listening.title("One");
}

#[test]
fn somebody_who_does_nothing_is_idle_until_the_next_key() {
    let mut stage = Stage::start();
    stage.shows("one 10 10 200 200 204060 Idle");
    let options = DesktopOptions {
        idle_limit: Duration::from_millis(1_500),
        ..DesktopOptions::default()
    };
    let listening = Listening::start(&options, 100);
    stage.does("keys 1");
    let idle = listening.until(|e| match e.event {
        SensorEvent::Idle { idle } => Some(idle),
        _ => None,
    });
    assert!(idle >= options.idle_limit, "{idle:?}");
    stage.does("keys 1");
    listening.until(|e| matches!(e.event, SensorEvent::Present).then_some(()));
    listening.keys(1);
}

/// A screenshot that outlives the loan.
struct Copy {
    width: u32,
    height: u32,
    bgrx: Vec<u8>,
    foreign: Vec<Rect>,
}

fn grab(screen: &mut dyn WindowCapture, window: WindowHandle) -> Result<Copy, CaptureError> {
    let mut copy = None;
    screen.capture_window(window, &mut |frame| {
        assert_eq!(frame.stride, 4 * frame.width as usize);
        copy = Some(Copy {
            width: frame.width,
            height: frame.height,
            bgrx: frame.bgrx.to_vec(),
            foreign: frame.foreign.to_vec(),
        });
    })?;
    Ok(copy.expect("a picture was lent"))
}

fn camera() -> Box<dyn WindowCapture> {
    Desktop::open(&DesktopOptions::default(), Arc::new(SystemClock))
        .take_capture()
        .unwrap()
}

/// Every pixel of the left half has `left`, every one of the right half its complement.
fn assert_shows(copy: &Copy, left: u32) {
    for (n, pixel) in copy.bgrx.chunks_exact(4).enumerate() {
        let column = n as u32 % copy.width;
        let expected = if column < copy.width / 2 {
            left
        } else {
            !left & 0x00ff_ffff
        };
        let [blue, green, red, _] = *pixel else {
            unreachable!()
        };
        let found = u32::from_be_bytes([0, red, green, blue]);
        assert_eq!(
            found, expected,
            "pixel {n} of {} × {}",
            copy.width, copy.height
        );
    }
}

#[test]
fn a_picture_is_the_window_pixel_for_pixel() {
    let mut stage = Stage::start();
    let mut camera = camera();
    let one = stage.shows("one 40 50 301 203 2060a0 One");
    let copy = grab(&mut *camera, one).unwrap();
    assert_eq!((copy.width, copy.height), (301, 203));
    assert_eq!(copy.foreign, []);
    assert_shows(&copy, 0x2060a0);

    // Partly outside the screen: the rest of it.
    let edge = stage.shows("edge -100 700 400 400 a06020 Edge");
    let copy = grab(&mut *camera, edge).unwrap();
    assert_eq!((copy.width, copy.height), (300, 100));
    camera.release_memory();
}

#[test]
fn no_picture_of_what_is_not_there_to_be_seen() {
    let mut stage = Stage::start();
    let mut camera = camera();
    let under = stage.shows("under 40 50 300 200 2060a0 Under");
    let blank = stage.shows("blank 500 50 300 200 =808080 Blank");
    let refused = |camera: &mut dyn WindowCapture, window| grab(camera, window).err();
    assert_eq!(refused(&mut *camera, under), Some(CaptureError::NotActive));
    assert_eq!(refused(&mut *camera, blank), Some(CaptureError::Blank));
    let outside = stage.shows("outside 5000 50 300 200 2060a0 Outside");
    assert_eq!(
        refused(&mut *camera, outside),
        Some(CaptureError::NotVisible)
    );
    stage.does("close outside");
    assert_eq!(refused(&mut *camera, outside), Some(CaptureError::Gone));
    assert_eq!(
        refused(&mut *camera, WindowHandle(0)),
        Some(CaptureError::Gone)
    );
}

#[test]
fn what_lies_above_is_named_for_painting_over() {
    let mut stage = Stage::start();
    let mut camera = camera();
    let under = stage.shows("under 100 100 300 200 2060a0 Under");
    stage.does("open over 300 200 300 200 a02060 Over");
    stage.does("above over");
    stage.does("activate under");
    let copy = grab(&mut *camera, under).unwrap();
    let covered = Rect {
        x: 200,
        y: 100,
        width: 100,
        height: 100,
    };
    assert_eq!(copy.foreign, [covered]);
}
