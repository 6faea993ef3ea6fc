"""Student code on one side, the verdict on the other.

Theory of operation
-------------------
Three kinds of process, and what each one holds:

* The **grader** (`client.py`, in the process of the command line) draws inputs, holds the checks
  and every expected value, compares, scores and writes. It never imports, parses or unpickles
  anything from a submission, and never imports torch.
* The **zygote** (`worker/zygote.py`) imports torch once and forks workers on request. It holds no
  secret: on the strongest rung, the reference, the checks and the home folder do not exist in its
  view of the file system (`view.py`).
* A **worker** (`worker/serve.py`) is forked from the zygote, confines itself (`worker/confine.py`)
  and only then reads its first byte of source. One worker holds one source: a submission or the
  reference, never both. If any step of the confinement fails, it exits with status 99 and has read
  nothing.

What crosses the boundary, and in which direction:

* grader -> zygote: a socket, the grader's line. It carries two messages: "start a worker with these
  limits", with the worker's three pipe ends attached, and "collect the worker that died". Both ends
  are trusted; a worker closes every copy of the socket. Several graders may have lines to one
  zygote: a grader that hangs up loses the workers made over its own line, and no others.
* grader -> worker: a pipe of frames (`frames.py`): the source text, then one request at a time,
  each with a random id and inputs drawn by the grader.
* worker -> grader: a pipe of frames: named raw arrays, or the description of an exception. This
  side is hostile: the grader checks every limit before it allocates memory, never unpickles
  anything, and takes a reply as data to be compared, never as a verdict.
* worker -> grader: a pipe with what the code prints. The grader keeps 64 KB, and ends a worker that
  floods it.

A worker can answer anything, even before it is asked. So a check may rest only on values that
cannot be known without computing them from inputs that the grader has just drawn.

The rungs of isolation (`rungs.py`), strongest first; a report names the one that was in force:

1. `namespaces`: bubblewrap gives the zygote a minimal read-only root without network; each worker
   has process, mount, IPC, UTS and network namespaces of its own, private tmpfs scratch space,
   Landlock, no capabilities, a seccomp filter and resource limits.
2. `landlock`: no namespaces. Landlock hides every file but the interpreter's libraries; seccomp
   denies new processes, exec, sockets, signals to others and tracing; resource limits are as above.
   The scratch space lies on a disk: the grader measures its size, and a worker cannot delete or
   hide what it has written there.
3. `process`: a subprocess with resource limits. It stops accidents, not attacks: fit for a
   student's own code on their own machine, and refused elsewhere unless asked for by name.

Two clocks limit a worker: first its own CPU seconds, which a busy machine does not use up, then
wall-clock time, a safety net for code that sleeps or waits. The grader checks both while an answer
arrives. It ends a worker through its process descriptor; since a worker cannot create processes,
nothing that it started lives on. If the grader is killed, the zygote ends, and the kernel ends the
workers with it: the seccomp filter keeps them from opting out.
"""
