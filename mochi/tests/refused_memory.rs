//! Where the system refuses memory that can be executed: a process is told no by the kernel, as on hardened machines, runs the program
//! all the same, and says how when it is asked.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};
use std::collections::BTreeMap;
use std::process::{Command, Output};

/// The ways to executable memory, each of which one system call is needed for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Refused {
    /// A memory file, which can be mapped twice.
    MemoryFile,
    /// To make memory executable that was written, as `PR_SET_MDWE` does.
    Execution,
}

fn filter(refused: &[Refused]) -> Result<BpfProgram, seccompiler::BackendError> {
    let rule = |refused: &Refused| match refused {
        Refused::MemoryFile => Ok((libc::SYS_memfd_create, Vec::new())),
        Refused::Execution => {
            let bit = libc::PROT_EXEC as u64;
            let asks = SeccompCondition::new(
                2,
                SeccompCmpArgLen::Dword,
                SeccompCmpOp::MaskedEq(bit),
                bit,
            )?;
            Ok((libc::SYS_mprotect, vec![SeccompRule::new(vec![asks])?]))
        }
    };
    let rules: Result<BTreeMap<_, _>, _> = refused.iter().map(rule).collect();
    let refusal = SeccompAction::Errno(libc::EPERM as u32);
    SeccompFilter::new(rules?, SeccompAction::Allow, refusal, TargetArch::x86_64)?.try_into()
}

/// Runs the binary where that is refused. A filter is a thread's and its children's, and this thread ends.
fn run(refused: &[Refused], args: &[&str]) -> Output {
    let filter = filter(refused).expect("the filter is complete");
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            apply_filter(&filter).expect("a process may refuse itself system calls");
            Command::new(env!("CARGO_BIN_EXE_mochi")).args(args).output().expect("the binary runs")
        });
        run.join().expect("it runs")
    })
}

/// What stands on standard error; the program must print 3.
fn said(refused: &[Refused], options: &[&str]) -> String {
    let mut args = vec!["run"];
    args.extend(options);
    args.extend(["-e", "print(1 + 2)"]);
    let done = run(refused, &args);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{refused:?} {options:?}: {said}");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "3\n", "{refused:?} {options:?}: {said}");
    said
}

#[test]
fn when_all_is_refused_the_program_is_interpreted() {
    let all = [Refused::MemoryFile, Refused::Execution];
    for engine in ["template", "stencil"] {
        let engine = ["--engine", engine];
        assert_eq!(said(&all, &engine), "", "nothing is wrong with the program");
        let why = said(&all, &["-v", engine[0], engine[1]]);
        assert!(why.contains("interpreted: no executable memory: the system"), "{why}");
        // Whoever asks for something of machine code is told without `-v`.
        let why = said(&all, &["--debugger", engine[0], engine[1]]);
        assert!(why.contains("interpreted: no executable memory: the system"), "{why}");
    }
}

#[test]
fn one_way_to_executable_memory_is_enough() {
    for refused in [Refused::MemoryFile, Refused::Execution] {
        let why = said(&[refused], &["-v"]);
        assert!(!why.contains("interpreted"), "{refused:?}: {why}");
    }
}
