using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// Much of the time passes in waiting, but more clusters at once would fight over two cores and make deadlines a matter of luck.
[assembly: Parallelization(Mode = ParallelMode.Collections, MaxThreads = 2)]

// Signals, process tables and file modes are asked for directly.
[assembly: SupportedOSPlatform("linux")]
