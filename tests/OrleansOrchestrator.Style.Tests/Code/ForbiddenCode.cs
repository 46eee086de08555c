namespace OrleansOrchestrator.Style.Tests.Code;

/// <summary>What C# files must not contain.</summary>
internal static class ForbiddenCode
{
    /// <summary>Every rule, by name.</summary>
    public static IReadOnlyList<CodePattern> All { get; } =
    [
        new("blocking wait (.Result): await instead", @"\.Result\b(?!\s*[(=])", "var x = task.Result;", "return Result(task);"),
        new("blocking wait (.Wait()): await instead", @"\.Wait\(", "task.Wait();", "await task.WaitAsync(token);"),
        new("blocking wait (GetResult): await instead", @"GetAwaiter\(\)\s*\.GetResult\(\)", "x.GetAwaiter().GetResult();", "await x;"),
        new("Thread.Sleep: await an event, or poll with a deadline", @"\bThread\.Sleep\b", "Thread.Sleep(1);", "Sleep(\"Thread.Sleep\");"),
        new("async void: return a Task", @"\basync\s+void\b", "async void F() {}", "async Task F() {}"),
        new("clock of the machine: ask a TimeProvider", @"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b", "var t = DateTime.UtcNow;", "var t = time.GetUtcNow();"),
        new("NotImplementedException", @"\bNotImplementedException\b", "throw new NotImplementedException();", "// NotImplementedException"),
        new("#region", @"^\s*#region\b", "#region Private", "// #region"),
        new("direct log call: use [LoggerMessage]", @"\.Log(Trace|Debug|Information|Warning|Error|Critical)?\(\s*(\""|\$|LogLevel)|\.Log(Trace|Debug|Information|Warning|Error|Critical)\(", "logger.LogInformation(text);", "logger.LogStarted(name);"),
        new("empty catch: say in code or comment why the fault does not matter", @"catch(\s*\([^)]*\))?\s*\{\}", "try { F(); } catch (Exception) {}", "try { F(); } catch (Exception) { G(); }"),
        new("name that says nothing (Manager, Helper, Util)", @"\b(class|struct|record|interface|enum)\s+\w*(Manager|Helpers?|Util(s|ity|ities)?)\b", "class PodManager {}", "class PodAgent {}"),
        new("console output outside the command line", @"\bConsole\.(Write|Error|Out)", "Console.WriteLine(1);", "console.WriteLine(1);")
        {
            Folders = ["src/"],
            ExceptFolders = ["src/OrleansOrchestrator.Cli/"],
        },
        new("values of a query parameter as one text: the first counts", @"\b[Qq]uery\[[^\]]+\]\.ToString\(\)", "query[\"container\"].ToString()", "query[\"container\"].FirstOrDefault()"),
        new("the platform's reader of addresses: use AddressSyntax", @"\b(IPAddress|IPNetwork|IPEndPoint)\.(Try)?Parse\b", "IPAddress.TryParse(text, out var x);", "AddressSyntax.TryParse(text, out var x);")
        {
            Folders = ["src/"],
            ExceptFolders = ["src/OrleansOrchestrator.Model/Names/AddressSyntax.cs"],
        },
        new("signal written by hand: use WakeSignal", @"^\s*_\w+\s*=\s*new(\s+TaskCompletionSource)?\(TaskCreationOptions\b", "_moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);", "private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);")
        {
            Folders = ["src/"],
        },
        new("back-off written by hand: use Backoff or RetryDelay", @"\b(\w+)\s*(\*=\s*2\b|=\s*\1\s*\*\s*2\s*[<>])", "pause = pause * 2 > Longest ? Longest : pause * 2;", "var pause = delay.Next();")
        {
            Folders = ["src/"],
        },
        new("leftover marker", @"\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK)\b", "// TO" + "DO: later", "// Do it.") { InText = true },
    ];
}
