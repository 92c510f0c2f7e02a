//! Mixed load: storing, searching and reading at once at fixed rates, the same for every server, in turns. What matters is
//! that nothing fails, that answers take as long at the end as at the beginning, and that memory stays.

mod load;

use crate::{measure::Samples, peer::Server};
use harness::Memory;
use load::{Kind, Load};
use std::{fmt, time::Duration};

/// A server and what was measured of it.
#[derive(Debug)]
struct Turn {
    name: &'static str,
    load: Load,
    pids: Vec<u32>,
    /// Resident memory of its processes in MB, before the load and after each part of it.
    memory: Vec<f64>,
    /// Times in milliseconds by kind of request, of each part of the load.
    parts: Vec<[Samples; Kind::ALL.len()]>,
    failed: Vec<String>,
    requests: usize,
}

/// Runs the load for so long on each of the servers, in `turns` parts, and gives the result as Markdown tables.
///
/// # Errors
/// A server that cannot be filled beforehand.
pub async fn run(
    servers: Vec<(&'static str, Server, Vec<u32>)>,
    time: Duration,
    turns: u32,
) -> anyhow::Result<impl fmt::Display> {
    let mut all = Vec::new();
    for (name, server, pids) in servers {
        let load = Load::prepare(server.client).await?;
        let memory = vec![resident(&pids)];
        all.push(Turn { name, load, pids, memory, parts: Vec::new(), failed: Vec::new(), requests: 0 });
    }
    for part in 1..=turns {
        for turn in &mut all {
            let mut times: [Samples; Kind::ALL.len()] = Default::default();
            for (kind, result) in turn.load.run(time / turns).await {
                turn.requests += 1;
                match result {
                    Ok(time) => times[kind as usize].add_time(time),
                    Err(error) => turn.failed.push(format!("{kind}: {error:#}")),
                }
            }
            turn.parts.push(times);
            turn.memory.push(resident(&turn.pids));
            eprintln!(
                "{}: part {part} of {turns}, {} requests, {} failed",
                turn.name,
                turn.requests,
                turn.failed.len()
            );
        }
    }
    Ok(Report(all))
}

/// Resident memory of processes, in MB.
fn resident(pids: &[u32]) -> f64 {
    pids.iter().map(|pid| Memory::of(*pid).resident as f64 / 1e6).sum()
}

struct Report(Vec<Turn>);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| p50 / p99 in ms, first part → last part |")?;
        self.0.iter().try_for_each(|turn| write!(f, " {} |", turn.name))?;
        write!(f, "\n| --- |{}", " --- |".repeat(self.0.len()))?;
        for kind in Kind::ALL {
            write!(f, "\n| {kind} |")?;
            for turn in &self.0 {
                let of = |part: Option<&[Samples; Kind::ALL.len()]>| match part {
                    Some(part) => {
                        let times = &part[kind as usize];
                        format!("{:.1} / {:.1}", times.quantile(0.5), times.quantile(0.99))
                    }
                    None => String::new(),
                };
                write!(f, " {} → {} |", of(turn.parts.first()), of(turn.parts.last()))?;
            }
        }
        write!(f, "\n| resident memory in MB: before, after each part |")?;
        for turn in &self.0 {
            let memory: Vec<_> = turn.memory.iter().map(|memory| format!("{memory:.0}")).collect();
            write!(f, " {} |", memory.join(", "))?;
        }
        write!(f, "\n| requests, of them failed |")?;
        self.0.iter().try_for_each(|turn| write!(f, " {}, {} |", turn.requests, turn.failed.len()))?;
        writeln!(f)?;
        for turn in &self.0 {
            turn.failed.iter().take(10).try_for_each(|failed| writeln!(f, "\n{}: {failed}", turn.name))?;
        }
        Ok(())
    }
}
