"""Student code on one side, the verdict on the other.

Theory of operation
-------------------
Three kinds of process, and what each one holds:

* The **grader** (`client.py`, in the process of the command line) draws inputs, holds the checks
  and every expected value, compares, scores and writes. It never imports, parses or unpickles
  anything of a submission, and never imports torch.
* The **zygote** (`zygote.py`) imports torch once and forks workers on request. It holds no secret:
  in the strongest rung the reference, the checks and the home folder do not exist in its view of
  the file system (`view.py`).
* A **worker** (`worker.py`) is forked from the zygote, confines itself (`confine.py`) and only
  then reads its first byte of source. One worker holds one source: a submission or the reference,
  never both. If any step of the confinement fails, it exits with status 99 having read nothing.

What crosses the boundary, and in which direction:

* grader -> zygote: a socket, its line. "Start a worker with these limits", with the worker's three
  pipe ends attached; "collect the worker that died". Trusted on both ends; the worker closes every
  copy. Several graders may have lines to one zygote: whoever hangs up loses the workers made over
  the own line, and no others.
* grader -> worker: a pipe of frames (`frames.py`): the source text, then one request at a time,
  each with a random id and inputs drawn by the grader.
* worker -> grader: a pipe of frames: named raw arrays, or the description of an exception. This
  side is hostile. Every limit is checked before memory is allocated, nothing is ever unpickled,
  and a reply is data to be compared, never a verdict.
* worker -> grader: a pipe with what the code prints. 64 KB are kept, a flood kills the worker.

A worker can answer what it likes, before it is asked if it likes. So a check may rest only on
values that cannot be known without computing them on inputs the grader has just drawn.

The rungs of isolation (`rungs.py`), strongest first; a report names the one that was in force:

1. `namespaces`: bubblewrap gives the zygote a minimal read-only root without network; each worker
   has process, mount, IPC, UTS and network namespaces of its own, private tmpfs scratch space,
   Landlock, no capabilities, a seccomp filter and resource limits.
2. `landlock`: no namespaces. Landlock hides every file but the interpreter's libraries; seccomp
   denies new processes, exec, sockets, signals to others and tracing; resource limits as above. The
   scratch space lies on a disk: its size is measured, and what was written there stays in sight.
3. `process`: a subprocess with resource limits. It stops accidents, not attacks: fit for a
   student's own code on their own machine, and refused elsewhere unless asked for by name.

Time is limited by the worker's own CPU seconds first, which a busy machine does not use up, and by
wall-clock time as the net for code that sleeps or waits; both are looked at while an answer comes.
A worker is ended through its process descriptor, and with it, since it cannot create processes,
everything that it started. Should the grader be killed, the zygote ends, and the kernel ends the
workers with it: no worker may ask it not to.
"""
