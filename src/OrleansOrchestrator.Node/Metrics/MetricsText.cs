using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace OrleansOrchestrator.Node.Metrics;

/// <summary>Writes metrics in the text format of Prometheus, as they are measured: nothing is kept between two scrapes.</summary>
/// <remarks>
/// https://prometheus.io/docs/instrumenting/exposition_formats/. The exporter of OpenTelemetry keeps every series that there ever was, and
/// knows no times: it serves the daemon's own metrics.
/// </remarks>
/// <param name="output">Receives the text.</param>
internal sealed class MetricsText(IBufferWriter<byte> output)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // More than any number needs.
    private const int NumberBytesMax = 40;

    private string _family = "";

    /// <summary>Begins a family.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">counter, gauge or histogram.</param>
    /// <param name="help">What it is about.</param>
    public void Family(string name, string type, string help)
    {
        _family = name;
        Write("# HELP ");
        Write(name);
        Write(" ");
        Write(help);
        Write("\n# TYPE ");
        Write(name);
        Write(" ");
        Write(type);
        Write("\n");
    }

    /// <summary>Writes a value of the family.</summary>
    /// <param name="labels">Its labels, as <see cref="LabelsOf"/> writes them.</param>
    /// <param name="value">The value.</param>
    /// <param name="milliseconds">When it was measured, since 1970; null for now.</param>
    /// <param name="suffix">What follows the name of the family, as in histograms.</param>
    public void Sample(string labels, double value, long? milliseconds = null, string suffix = "")
    {
        Write(_family);
        Write(suffix);
        if (labels.Length > 0)
        {
            Write("{");
            Write(labels);
            Write("}");
        }

        Write(" ");
        Write(value);
        if (milliseconds is { } time)
        {
            Write(" ");
            Write(time);
        }

        Write("\n");
    }

    /// <summary>Labels with their values, in the given order.</summary>
    public static string LabelsOf(params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            if (text.Length > 0)
                text.Append(',');
            text.Append(name).Append("=\"").Append(Escape(value)).Append('"');
        }

        return text.ToString();
    }

    private static string Escape(string value) => value.AsSpan().IndexOfAny('\\', '"', '\n') < 0
        ? value
        : value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private void Write(string text) => output.Advance(Encoding.UTF8.GetBytes(text, output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));

    private void Write(double value)
    {
        // Numbers without a fraction are written without an exponent, which a double has from 10^15 on.
        if (value is > -1e18 and < 1e18 && Math.Floor(value) == value)
        {
            Write((long)value);
            return;
        }

        if (double.IsPositiveInfinity(value))
        {
            Write("+Inf");
            return;
        }

        Utf8Formatter.TryFormat(value, output.GetSpan(NumberBytesMax), out var written);
        output.Advance(written);
    }

    private void Write(long value)
    {
        Utf8Formatter.TryFormat(value, output.GetSpan(NumberBytesMax), out var written);
        output.Advance(written);
    }
}
