//! The page with invented days, for development and for the browser's test: `demo_page DIR [DAYS]`.
//!
//! Prints the last day and a link, and another link for each line of standard input. The line `check` lets a running
//! verification finish; the line `lock`, or the end of the input, locks the record and so ends the program.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    dead_code,
    reason = "an example; it shares the tests' invented days"
)]

#[path = "../tests/it/demo/mod.rs"]
mod demo;

use model::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let dir = PathBuf::from(args.next().ok_or("demo_page DIR [DAYS]")?).join("journal");
    let days = args.next().map_or(Ok(400), |n| n.parse())?;
    let keys = demo::journal::keys();
    // The last day is yesterday, because today may just have started.
    let now = Timestamp::from_micros(jiff::Timestamp::now().as_microsecond());
    let today = report::local_date(now, demo::journal::ZONE);
    let last = today.yesterday()?;
    let now = demo::journal::start_of(last) + 18 * 60 * demo::journal::MINUTE;
    demo::journal::fill_journal(&dir, &keys, now, days, 1, 40);
    let probe = demo::backend::BackendProbe::default();
    let backend = demo::backend::DemoBackend {
        dir,
        keys,
        reader: None,
        probe: probe.clone(),
        starts: "00:00",
    };
    let server = web::PageServer::bind(0)?;
    let links = server.link_issuer();
    println!("{last}");
    println!("{}", links.create_link()?);
    let locks = probe.clone();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            match line.as_deref() {
                Ok("lock") | Err(_) => break,
                Ok("check") => locks.gate.store(true, Ordering::SeqCst),
                Ok(_) => println!("{}", links.create_link().expect("random bytes")),
            }
        }
        locks.locked.store(true, Ordering::SeqCst);
    });
    let limits = web::PageLimits {
        watch: Duration::from_millis(500),
        ..web::PageLimits::default()
    };
    let end = server.serve_until_end(
        Box::new(backend),
        Arc::new(demo::backend::DemoMonitor(probe)),
        limits,
    )?;
    println!("{end:?}");
    Ok(())
}
