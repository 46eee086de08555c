using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// Clusters of several tests at once would fight over two cores, and make deadlines a matter of luck.
[assembly: Parallelization(Mode = ParallelMode.None)]

// Signals, process tables and file modes are asked for directly.
[assembly: SupportedOSPlatform("linux")]
