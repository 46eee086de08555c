using System.Globalization;

namespace OrleansOrchestrator.LoadTests.Measuring;

/// <summary>Prints measurements as the rows of one Markdown table, each as soon as it is known.</summary>
internal sealed class Report(TextWriter output)
{
    private bool _hasHeader;

    /// <summary>Whether anything failed.</summary>
    public bool HasErrors { get; private set; }

    public void Add(Measurement measured)
    {
        if (!_hasHeader)
        {
            output.WriteLine($"machine: {Machine.Describe()}");
            output.WriteLine();
            output.WriteLine("| work | count | rate/s | p50 ms | p99 ms | errors | CPU µs each | load | note |");
            output.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
            _hasHeader = true;
        }

        HasErrors |= measured.Errors > 0;
        var cpu = string.Join(", ", measured.Cpu.Select(use => $"{use.Process} {Number(use.Microseconds)}"));
        output.WriteLine(string.Join(
            " | ",
            $"| {measured.Work}",
            Number(measured.Count),
            Number(measured.Rate),
            Number(measured.P50),
            Number(measured.P99),
            Number(measured.Errors),
            cpu,
            Number(measured.Load),
            $"{measured.Note} |"));
    }

    /// <summary>A figure as short as it can be without losing what counts.</summary>
    public static string Number(double value) => value switch
    {
        double.NaN => "-",
        >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
