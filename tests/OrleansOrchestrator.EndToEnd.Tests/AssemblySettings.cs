using System.Runtime.Versioning;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using Xunit.Sdk;
using Xunit.v3;

// One waits nearly all the time for what must not happen (ControlPlaneFaultTests), and two others share two cores beside it: more
// clusters at once would fight over them and make deadlines a matter of luck.
[assembly: Parallelization(Mode = ParallelMode.Collections, MaxThreads = 3)]
[assembly: TestCollectionOrderer(typeof(LongestFirst))]

// Signals, process tables and file modes are asked for directly.
[assembly: SupportedOSPlatform("linux")]
