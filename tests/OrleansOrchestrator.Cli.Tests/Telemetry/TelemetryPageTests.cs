using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Cli.Tests.Telemetry;

/// <summary>docs/telemetry.md lists all instruments as the code has them. The test writes it anew where ORCHESTRATOR_WRITE_DOCS is set.</summary>
public sealed class TelemetryPageTests
{
    private const string Begin = "<!-- instruments -->\n";
    private const string Prefix = "OrleansOrchestrator.";

    [Fact]
    public void TelemetryPage_AllInstruments_AreListedAsTheCodeHasThem()
    {
        var path = Path.Combine(RepositoryFolder.Path, "docs", "telemetry.md");
        var text = File.ReadAllText(path);
        var written = text[..(text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)] + Tables();
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_WRITE_DOCS") is { Length: > 0 })
            File.WriteAllText(path, written);

        File.ReadAllText(path).ShouldBe(written, "run this test with ORCHESTRATOR_WRITE_DOCS=1 to write the page anew");
    }

    [Fact]
    public void Instruments_All_AreDescribedAndNamedOnce()
    {
        var all = Published().Instruments;

        all.ShouldNotBeEmpty();
        all.Where(instrument => string.IsNullOrEmpty(instrument.Description)).Select(instrument => instrument.Name).ShouldBeEmpty();
        all.GroupBy(PrometheusName).Where(same => same.Count() > 1).Select(same => same.Key).ShouldBeEmpty();
    }

    private static string Tables()
    {
        var (instruments, sources) = Published();
        var text = new StringBuilder();
        foreach (var meter in instruments.GroupBy(instrument => instrument.Meter.Name).OrderBy(meter => meter.Key, StringComparer.Ordinal))
        {
            text.Append($"\n## Meter `{meter.Key}`\n\n| at `/metrics` | kind | unit | meaning |\n| --- | --- | --- | --- |\n");
            foreach (var instrument in meter.OrderBy(PrometheusName, StringComparer.Ordinal))
                text.Append($"| `{PrometheusName(instrument)}` | {KindOf(instrument)} | {instrument.Unit ?? ""} | {instrument.Description} |\n");
        }

        if (sources.Count > 0)
            text.Append("\n## Activity sources\n\n");
        foreach (var source in sources)
            text.Append($"- `{source}`\n");
        return text.ToString();
    }

    private static (IReadOnlyList<Instrument> Instruments, IReadOnlyList<string> Sources) Published()
    {
        var instruments = new List<Instrument>();
        var sources = new SortedSet<string>(StringComparer.Ordinal);
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name.StartsWith(Prefix, StringComparison.Ordinal))
                instruments.Add(instrument);
        };
        using var activities = new ActivityListener { ShouldListenTo = source => Note(source.Name) };
        meters.Start();
        ActivitySource.AddActivityListener(activities);
        foreach (var type in Types().Where(HasTelemetry))
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        using var factory = new Factory();
        foreach (var type in Types().Where(type => type is { IsClass: true, IsAbstract: false } && type.Name.EndsWith("Instruments", StringComparison.Ordinal)))
            Make(type, factory);
        return (instruments.DistinctBy(instrument => (instrument.Meter.Name, instrument.Name)).ToList(), [.. sources]);

        bool Note(string name)
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
                sources.Add(name);
            return false;
        }
    }

    private static IEnumerable<Type> Types() => Directory.EnumerateFiles(AppContext.BaseDirectory, Prefix + "*.dll")
        .Where(path => !Path.GetFileName(path).Contains("Test", StringComparison.Ordinal))
        .SelectMany(path => Assembly.Load(AssemblyName.GetAssemblyName(path)).GetTypes());

    private static bool HasTelemetry(Type type) => !type.ContainsGenericParameters
        && type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Any(
            field => field.FieldType == typeof(ActivitySource) || field.FieldType == typeof(Meter) || field.FieldType.IsAssignableTo(typeof(Instrument)));

    /// <summary>Makes what has instruments of its own instance.</summary>
    private static void Make(Type type, Factory factory)
    {
        var constructor = type.GetConstructors().Single();
        var arguments = constructor.GetParameters().Select(parameter => parameter.ParameterType == typeof(IMeterFactory) ? (object)factory : "").ToArray();
        (constructor.Invoke(arguments) as IDisposable)?.Dispose();
    }

    private static string PrometheusName(Instrument instrument) =>
        instrument.Name + (instrument.Unit == "s" ? "_seconds" : "") + (KindOf(instrument) == "counter" ? "_total" : "");

    private static string KindOf(Instrument instrument)
    {
        var name = instrument.GetType().Name;
        return name.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : name.StartsWith("Counter", StringComparison.Ordinal) || name.StartsWith("ObservableCounter", StringComparison.Ordinal) ? "counter"
            : "gauge";
    }

    private sealed class Factory : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            _meters.Add(new Meter(options));
            return _meters[^1];
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
