//! The console of a running instance: attached later, left, and a run that needs no terminal.

use crate::harness::{Home, PASSPHRASE, until};
use lab::desktop::{DesktopSession, DesktopSpec, TestWindow, Typist, VirtualDesktop, WindowSpec};
use lab::terminal::TmuxTerminal;
use model::{Coverage, NoticeCode, Record};
use rustix::process::Signal;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

const QUIET: &str =
    "[shots]\ncapture = true\nblur = false\nevery_seconds = 3600\n[upload]\nevery_seconds = 3600\n";
const TITLE: &str = "Okapi ledger 815";

fn window(desktop: &VirtualDesktop, title: &str, app: &str) -> TestWindow {
    let spec = WindowSpec::new(title, app, 30, 30);
    let window = TestWindow::open(&desktop.display(), spec).unwrap();
    window.activate().unwrap();
    window
}

fn seen(home: &Home, title: &str) {
    until("the window is seen", || {
        home.status().window.filter(|w| w.title == title)
    });
}

/// One line each way on the socket, past every check of the program's own.
fn ask(home: &Home, line: &str) -> serde_json::Value {
    let mut stream = UnixStream::connect(home.path("run/uam.sock")).unwrap();
    stream.write_all(format!("{line}\n").as_bytes()).unwrap();
    let mut reply = String::new();
    BufReader::new(stream).read_line(&mut reply).unwrap();
    serde_json::from_str(&reply).unwrap()
}

#[test]
fn an_attached_console_shows_the_day_and_does_what_its_keys_wish() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let running = home.start(&[]);
    let stage = window(&desktop, TITLE, "Ledger");
    seen(&home, TITLE);
    Typist::new(&desktop.display())
        .unwrap()
        .keys(30, 100)
        .unwrap();
    let shot = |n: u8| {
        let before = home.status().last_screenshot;
        home.ok(&["shot"]);
        until(&format!("picture {n} is kept"), || {
            home.status()
                .last_screenshot
                .filter(|at| Some(*at) != before)
        });
    };
    shot(1);
    // Something has to be over before it can be summed up.
    let other = window(&desktop, "Elsewhere", "Browser");
    seen(&home, "Elsewhere");
    shot(2);

    home.unlock();
    let tmux = TmuxTerminal::start(160, 50, &home.command(&["attach"])).unwrap();
    let screen = tmux
        .wait_for_text(&["q leave", "apps today", "2 of 2", "30 keys"])
        .unwrap();
    assert!(screen.contains(TITLE), "what was in front: {screen}");
    assert!(screen.contains("recording"), "{screen}");
    let noted = until("the look is in the record", || {
        home.lines().into_iter().find_map(|(_, l)| match l.record {
            Record::Notice(n) if n.code == NoticeCode::Access => {
                n.text.contains("attached console").then_some(n.text)
            }
            _ => None,
        })
    });
    assert!(noted.starts_with("Read: "), "{noted}");

    tmux.keys(&["Left"]).unwrap();
    tmux.wait_for_text(&["1 of 2"]).unwrap();
    tmux.keys(&["Right"]).unwrap();
    tmux.wait_for_text(&["2 of 2"]).unwrap();

    tmux.keys(&["p", "2"]).unwrap();
    tmux.wait_for_text(&["Paused until", "paused for"]).unwrap();
    assert_eq!(home.status().state, Coverage::Paused);
    tmux.keys(&["p"]).unwrap();
    tmux.wait_for_text(&["Recording.", "recording · active"])
        .unwrap();

    drop(other);
    stage.activate().unwrap();
    seen(&home, TITLE);
    tmux.wait_for_text(&["window      Ledger"]).unwrap();
    tmux.keys(&["x"]).unwrap();
    tmux.wait_for_text(&["Never name or capture Ledger again?"])
        .unwrap();
    tmux.keys(&["y"]).unwrap();
    tmux.wait_for_text(&["(protected)"]).unwrap();
    assert!(home.status().protected);
    assert!(home.ok(&["exclude"]).contains("Ledger"));

    tmux.keys(&["d"]).unwrap();
    tmux.wait_for_text(&["Delete the last 10 min?"]).unwrap();
    tmux.keys(&["y"]).unwrap();
    let screen = tmux
        .wait_for_screen("what was taken out is gone", |screen| {
            screen.contains("Deleted:") && !screen.contains("2 of 2")
        })
        .unwrap();
    // Lines that scrolled by stay the terminal's; the panel drops them.
    let panel = &screen[screen.find("── uam").unwrap()..];
    assert!(!panel.contains(TITLE), "{panel}");
    assert!(!home.export().contains(TITLE));

    tmux.keys(&["q"]).unwrap();
    tmux.wait_for_text(&["recording goes on"]).unwrap();
    assert!(home.status().state.is_recording());
    running.stop();
}

/// Answers both factors in a terminal.
fn answer(home: &mut Home, tmux: &TmuxTerminal) {
    tmux.wait_for_text(&["Passphrase"]).unwrap();
    tmux.keys(&["-l", PASSPHRASE]).unwrap();
    tmux.keys(&["Enter"]).unwrap();
    tmux.wait_for_text(&["Code from your authenticator app"])
        .unwrap();
    let code = home.code();
    tmux.keys(&["-l", &code]).unwrap();
    tmux.keys(&["Enter"]).unwrap();
}

#[test]
fn the_console_of_a_run_steps_through_its_pictures_and_opens_the_page() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    home.start(&[]).stop();
    let tmux = TmuxTerminal::start(100, 30, &home.command(&["run", "--yes"])).unwrap();
    answer(&mut home, &tmux);
    tmux.wait_for_text(&["q quit", "recording"]).unwrap();
    for title in ["First", "Second"] {
        let stage = window(&desktop, title, title);
        seen(&home, title);
        tmux.wait_for_text(&[title]).unwrap();
        let before = home.status().last_screenshot;
        tmux.keys(&["s"]).unwrap();
        until("the picture is kept", || {
            home.status()
                .last_screenshot
                .filter(|at| Some(*at) != before)
        });
        // It must outlive the screenshot, which shows it.
        drop(stage);
    }
    tmux.wait_for_text(&["2 of 2", "apps today"]).unwrap();
    tmux.keys(&["Left"]).unwrap();
    tmux.wait_for_text(&["1 of 2"]).unwrap();
    tmux.keys(&["?"]).unwrap();
    tmux.wait_for_text(&["redraw the screen"]).unwrap();
    tmux.keys(&["?", "o"]).unwrap();
    // A passphrase does not go through the console; it says where it goes.
    tmux.wait_for_text(&["uam unlock"]).unwrap();
    home.unlock();
    tmux.keys(&["o"]).unwrap();
    tmux.wait_for_text(&["http://127.0.0.1:"]).unwrap();
    tmux.keys(&["q"]).unwrap();
    tmux.wait_for_text(&["Stop recording and quit?"]).unwrap();
    tmux.keys(&["y"]).unwrap();
    tmux.wait_for_text(&["Stopped"]).unwrap();
}

#[test]
fn a_console_that_is_attached_asks_for_both_factors_and_its_terminal_may_close() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let running = home.start(&[]);
    let _stage = window(&desktop, TITLE, "Ledger");
    seen(&home, TITLE);
    let tmux = TmuxTerminal::start(80, 24, &home.command(&["attach"])).unwrap();
    answer(&mut home, &tmux);
    tmux.wait_for_text(&["q leave", "Ledger"]).unwrap();
    drop(tmux);
    until("the view is gone", || {
        home.process("attach").is_none().then_some(())
    });
    assert!(home.status().state.is_recording(), "recording goes on");

    // A line comes when a window is left. Plain lines are for a pipe, a screen reader or a log.
    let _other = window(&desktop, "Elsewhere", "Browser");
    seen(&home, "Elsewhere");
    let mut plain = home.interactive(&["attach", "--plain"]);
    plain.line_with("recording");
    plain.line_with(TITLE);
    running.stop();
    plain.line_with("uam has ended.");
    assert!(plain.wait().success());
    assert!(!plain.said().contains('\u{1b}'));
}

#[test]
fn nobody_looks_on_without_a_ticket_nor_after_the_lock() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let _running = home.start(&[]);
    for line in [
        r#"{"ask":"look","ticket":"","after":0}"#,
        r#"{"ask":"look","ticket":"00000000000000000000000000000000","after":0}"#,
        r#"{"ask":"show","ticket":"","from":null,"step":"newest"}"#,
        r#"{"ask":"attach","key":"AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"}"#,
    ] {
        let reply = ask(&home, line);
        for secret in ["scene", "picture", "ticket"] {
            assert!(reply.get(secret).is_none(), "{line}: {reply}");
        }
    }
    let key = serde_json::json!({"ask": "attach", "key": home.viewer()});
    let ticket = ask(&home, &key.to_string())["ticket"].clone();
    let look = serde_json::json!({"ask": "look", "ticket": ticket, "after": 0}).to_string();
    assert_eq!(ask(&home, &look)["ok"], true);
}

#[test]
fn a_run_in_the_background_outlives_its_terminal() {
    let desktop = VirtualDesktop::start(1024, 700).unwrap();
    let mut home = Home::new().on(&desktop.display()).config(QUIET);
    let unseen = home.output(&["run", "--yes", "--background"]);
    let why = String::from_utf8_lossy(&unseen.stderr).into_owned();
    assert_eq!(unseen.status.code(), Some(2), "{why}");
    assert!(why.contains("nothing on this desktop can show"), "{why}");
    let mut session = DesktopSession::start(&desktop.display()).unwrap();
    session.start_notifications().unwrap();
    home = home.env("DBUS_SESSION_BUS_ADDRESS", session.address());
    // The vault is made by an ordinary run.
    home.start(&[]).stop();
    let run = home.command(&["run", "--yes", "--background"]);
    let tmux = TmuxTerminal::start(100, 30, &run).unwrap();
    answer(&mut home, &tmux);
    tmux.wait_for_text(&["goes on in the background", "uam attach"])
        .unwrap();
    drop(tmux);
    let worker = home.status().pid;
    let supervisor = home.process("supervisor").unwrap();
    // Of a session of its own, and without a terminal: fields 6 and 7 of proc_pid_stat(5).
    for pid in [supervisor, worker] {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split(' ').collect();
        assert_eq!(fields[4], supervisor.to_string(), "session: {stat}");
        assert_eq!(fields[5], "0", "terminal: {stat}");
    }
    let _stage = window(&desktop, TITLE, "Ledger");
    seen(&home, TITLE);
    let log = fs::read_to_string(home.path("data/background.log")).unwrap();
    assert!(!log.contains(TITLE), "{log}");

    // A crash of the recording process is mended here as anywhere.
    crate::harness::send(worker, Signal::KILL);
    until("another worker answers", || {
        let out = home.output(&["status", "--json"]);
        let status: Option<report::AgentStatus> = serde_json::from_slice(&out.stdout).ok();
        status.filter(|s| s.pid != worker)
    });
    let second = home.output(&["run", "--yes", "--background"]);
    assert_eq!(second.status.code(), Some(4), "one instance: {second:?}");
    home.ok(&["stop"]);
    until("the supervisor ends", || {
        home.process("supervisor").is_none().then_some(())
    });
    let log = fs::read_to_string(home.path("data/background.log")).unwrap();
    assert!(log.contains("ended unexpectedly"), "{log}");
    assert!(!log.contains(TITLE), "{log}");
}

#[test]
fn a_run_in_the_background_ends_with_the_desktop() {
    // A display of a number that nobody else gets once it is free.
    let number = 700 + std::process::id() % 200;
    let spec = DesktopSpec::new(1024, 700).on_display(number);
    let desktop = VirtualDesktop::start_with(&spec).unwrap();
    let mut session = DesktopSession::start(&desktop.display()).unwrap();
    session.start_notifications().unwrap();
    let mut home = Home::new()
        .on(&desktop.display())
        .env("DBUS_SESSION_BUS_ADDRESS", session.address())
        .config(QUIET);
    home.start(&[]).stop();
    let mut run = home.interactive(&["run", "--yes", "--background"]);
    home.answer_vault(&mut run);
    run.prompt("Code from your authenticator app");
    let code = home.code();
    run.say(&code);
    run.line_with("goes on in the background");
    assert!(run.wait().success());
    drop(desktop);
    until("the supervisor ends", || {
        home.process("supervisor").is_none().then_some(())
    });
    let stopped = home
        .lines()
        .into_iter()
        .rev()
        .find_map(|(_, l)| match l.record {
            Record::Notice(n) if n.code == NoticeCode::Stopped => Some(n.text),
            _ => None,
        });
    assert_eq!(
        stopped.as_deref(),
        Some("Stopped: the desktop that was recorded is gone.")
    );
}
