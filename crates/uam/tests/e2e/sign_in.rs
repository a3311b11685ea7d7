//! The code at every start, and the questions.

use crate::harness::{Home, PASSPHRASE};
use lab::desktop::VirtualDesktop;
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_first_run_shows_the_secret_three_ways_and_takes_the_picture_away() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let mut home = Home::new().on(&desktop.display());
    let png = home.cwd().join("mfa_qr.png");
    {
        let mut first = home.spawn(&[]);
        first.prompt("Do you agree?");
        first.say("y");
        first.prompt("New passphrase");
        first.say(PASSPHRASE);
        first.prompt("once more");
        first.say(PASSPHRASE);
        let line = first.line_with("Or type this secret into the app: ");
        let secret = line.rsplit(' ').next().unwrap().to_owned();
        assert_eq!(secret.len(), 32);
        first.prompt("Code from your authenticator app");
        assert!(first.said().contains("█"), "the code is drawn");
        assert_eq!(
            std::fs::metadata(&png).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let picture = image::open(&png).unwrap().to_luma8();
        let (width, height) = picture.dimensions();
        let mut decoder =
            rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, |x, y| {
                picture.get_pixel(x as u32, y as u32).0[0]
            });
        let (_, url) = decoder.detect_grids()[0].decode().unwrap();
        assert!(
            url.starts_with("otpauth://totp/") && url.contains(&secret),
            "{url}"
        );
        // Whoever turns away before the first good code finds the same secret the next time.
        first.hang_up();
        assert_eq!(first.wait().code(), Some(3));
        let mut again = home.spawn(&[]);
        again.prompt("Passphrase");
        again.say(PASSPHRASE);
        assert!(again.line_with("Or type this secret").ends_with(&secret));
        home.knows(&secret);
        again.prompt("Code from");
        again.say(&home.code());
        again.line_with("Your recovery codes are in");
        again.line_with("Recording to ");
        again.stop();
    }
    assert!(!png.exists());
    let later = home.start(&[]);
    assert!(
        !later.said().contains("secret"),
        "it is told once only: {}",
        later.said()
    );
    later.stop();
}

#[test]
fn three_wrong_codes_end_it_and_a_used_code_is_refused() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let mut home = Home::new().on(&desktop.display());
    home.start(&[]).stop();
    let before = home.export();
    let used = home.code();
    let mut running = home.spawn(&[]);
    home.answer_vault(&mut running);
    running.prompt("Code from");
    running.say(&used);
    running.line_with("Recording to ");
    running.signal(rustix::process::Signal::INT);
    running.wait();
    let mut running = home.spawn(&[]);
    home.answer_vault(&mut running);
    running.prompt("Code from");
    running.say(&used);
    running.line_with("used already");
    for wrong in ["000000", "not a code"] {
        running.prompt("Code from");
        running.say(wrong);
    }
    assert_eq!(running.wait().code(), Some(3), "{}", running.said());
    assert!(home.export().starts_with(&before));
}

#[test]
fn the_questions_are_asked_remembered_and_skipped_by_flags() {
    let desktop = VirtualDesktop::start(640, 480).unwrap();
    let mut home = Home::new().on(&desktop.display());
    home.start(&[]).stop();
    let ask = |home: &mut Home, answers: &[&str], flags: &[&str]| {
        let mut args = vec!["run", "--plain"];
        args.extend(flags);
        let mut running = home.with_factors(&args);
        for answer in answers {
            running.prompt("?");
            running.say(answer);
        }
        running.line_with("Recording to ");
        running.stop()
    };
    let said = ask(&mut home, &["yes", "no", "7", "n"], &[]);
    assert!(
        said.contains("a readable screenshot about every 7 min"),
        "{said}"
    );
    let said = ask(&mut home, &["", "", ""], &[]);
    assert!(
        said.contains("a readable screenshot about every 7 min"),
        "remembered: {said}"
    );
    let said = ask(&mut home, &["", ""], &["--blur"]);
    assert!(
        said.contains("a blurred screenshot about every 7 min"),
        "{said}"
    );
    let config = std::fs::read_to_string(home.path("config.toml")).unwrap();
    assert!(
        config.contains("blur = true")
            && config.contains("every_seconds = 420")
            && config.contains("seal = false"),
        "{config}"
    );
}
