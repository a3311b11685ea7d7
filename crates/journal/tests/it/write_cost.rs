//! Figures, not checks: `cargo test -p journal --test it write_cost -- --ignored --nocapture`.

use crate::kit::*;
use journal::Commit;
use model::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use std::time::Instant;

fn cpu_us() -> i64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
}

fn rss_kib() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS"));
    line.unwrap_or("VmRSS unknown").to_owned()
}

fn measured<T>(what: &str, count: u32, work: impl FnOnce() -> T) -> T {
    let (wall, cpu) = (Instant::now(), cpu_us());
    let out = work();
    let cpu = (cpu_us() - cpu) / i64::from(count);
    println!(
        "{what}: {cpu} us CPU, {} us wall",
        wall.elapsed().as_micros() / u128::from(count)
    );
    out
}

#[test]
#[ignore = "prints figures"]
fn figures() {
    let desk = Desk::new();
    let mut journal = desk.journal();
    println!("start: {}", rss_kib());
    measured("commit of one open span (the idle tick)", 2000, || {
        for n in 0..2000 {
            let step = Commit {
                provisional_put: &[(1, span(n))],
                at: NOW + micros(n),
                ..Commit::default()
            };
            journal.commit(step).unwrap();
        }
    });
    println!("after 2000 ticks: {}", rss_kib());
    measured("shot of 100 kB", 50, || {
        for n in 0..50 {
            add_shot(&mut journal, NOW + micros(n), 100_000);
        }
    });
    let rows = 321_000;
    measured("record in commits of 1000", rows, || {
        for from in (0..rows).step_by(1000) {
            put(&mut journal, &spans(from..from + 1000));
        }
    });
    println!("after {rows} records: {}", rss_kib());
    journal.close(NOW).unwrap();
    let mib = std::fs::metadata(desk.db()).unwrap().len() >> 20;
    let mut journal = measured("open of all (check included)", 1, || desk.journal());
    println!("database: {mib} MiB; {}", rss_kib());
    let reader = desk.reader();
    measured("depth with all waiting", 100, || {
        for _ in 0..100 {
            reader.depth().unwrap();
        }
    });
    let mut seen = 0;
    measured("record read", rows, || {
        reader
            .for_each_record(Timestamp::MIN..Timestamp::MAX, &mut |_| seen += 1)
            .unwrap();
    });
    println!("{seen} read; {}", rss_kib());
    let frozen = measured("freeze of all, for each 10,000", rows / 10_000, || {
        journal.freeze(NOW, &few(10_000)).unwrap()
    });
    let segment = desk.outbox().next_segment().unwrap().unwrap();
    println!(
        "{} segments; the first: {} records in {} bytes; {}",
        frozen.segments,
        segment.count,
        segment.bytes,
        rss_kib()
    );
    measured("next segment, all waiting", 100, || {
        for _ in 0..100 {
            desk.outbox().next_segment().unwrap();
        }
    });
    drop(journal);
}
