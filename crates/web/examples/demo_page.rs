//! The page with made-up days, for looking at and for the browser's test: `demo_page DIR [DAYS]`.
//!
//! The last day and a link come on standard output, and another link for each line on standard input; `lock`, or its end, locks,
//! and so ends it; `check` lets a check of what was sent find something.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    dead_code,
    reason = "an example, and the tests' kit"
)]

#[path = "../tests/it/kit.rs"]
mod kit;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let dir = PathBuf::from(args.next().ok_or("demo_page DIR [DAYS]")?).join("journal");
    let days = args.next().map_or(Ok(400), |n| n.parse())?;
    let keys = kit::keys();
    // The last made-up day is yesterday, whole: today may just have begun.
    let today = report::day::date_of(jiff::Timestamp::now().as_microsecond(), kit::ZONE);
    let last = today.yesterday()?;
    let now = kit::start_of(last) + 18 * 60 * kit::MINUTE;
    kit::fill(&dir, &keys, now, days, 1, 40);
    let seen = kit::Seen::default();
    let desk = kit::MadeUp {
        dir,
        keys,
        reader: None,
        seen: seen.clone(),
        starts: "00:00",
    };
    let server = web::Server::bind(0)?;
    let links = server.links();
    println!("{last}");
    println!("{}", links.fresh()?);
    let locks = seen.clone();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            match line.as_deref() {
                Ok("lock") | Err(_) => break,
                Ok("check") => locks.gate.store(true, Ordering::SeqCst),
                Ok(_) => println!("{}", links.fresh().expect("random bytes")),
            }
        }
        locks.locked.store(true, Ordering::SeqCst);
    });
    let limits = web::Limits {
        watch: Duration::from_millis(500),
        ..web::Limits::default()
    };
    let ended = server.run(Box::new(desk), Arc::new(kit::MadeUpWatch(seen)), limits)?;
    println!("{ended:?}");
    Ok(())
}
