using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Client;

/// <summary>h2load, the load client of nghttp2: a peer that knows nothing of this harness and of the server. It sends one request again and
/// again, over one connection of HTTP/2, or over one of HTTP/1.1 for each request in flight.</summary>
/// <remarks>https://nghttp2.org/documentation/h2load.1.html. It shows no client certificate, and does not look at the server's.</remarks>
internal sealed partial class H2Load(ApiTarget target, IReadOnlyList<ProcessGroup> processes, bool usesHttp2)
{
    /// <summary>Why it cannot be used; null if it can.</summary>
    public static string? WhyNot(ApiTarget target)
    {
        if (target.Token is null)
            return "h2load shows no client certificate";
        try
        {
            using var process = Process.Start(new ProcessStartInfo("h2load", "--version") { RedirectStandardOutput = true });
            process!.WaitForExit();
            return null;
        }
        catch (Win32Exception)
        {
            return "h2load is not installed (Debian: nghttp2-client)";
        }
    }

    /// <summary>Sends a request so many times.</summary>
    /// <exception cref="IOException">What it said cannot be understood.</exception>
    public async Task<Measurement> RunAsync(string work, RequestTemplate request, int count, int inFlight)
    {
        var clientBefore = EndedChildrenSeconds();
        var meter = new CpuMeter(processes);
        var output = await SendAsync(request, count, inFlight);
        if (Finished().Match(output) is not { Success: true } finished || Requests().Match(output) is not { Success: true } requests)
            throw new IOException($"h2load said: {output}");
        var succeeded = long.Parse(requests.Groups["succeeded"].Value, CultureInfo.InvariantCulture);
        var measured = meter.Stop(new Measurement(work, succeeded, count - succeeded, SecondsOf(finished)));

        // The harness itself has only waited: the client is h2load.
        var client = (EndedChildrenSeconds() - clientBefore) * 1e6 / Math.Max(1, succeeded);
        return measured with { Cpu = [.. measured.Cpu.Where(use => use.Process != CpuMeter.Client), (CpuMeter.Client, client)] };
    }

    private async Task<string> SendAsync(RequestTemplate request, int count, int inFlight)
    {
        var (connections, streams) = usesHttp2 ? (1, inFlight) : (inFlight, 1);
        var arguments = new List<string>
        {
            "-n", Text(count), "-c", Text(connections), "-m", Text(streams), "-t", "1",
            "-H", $"authorization: Bearer {target.Token}", "-H", "accept: application/json",
        };
        if (!usesHttp2)
            arguments.Add("--h1");
        var body = request.Body.Length > 0 ? Path.GetTempFileName() : null;
        if (body is not null)
        {
            await File.WriteAllBytesAsync(body, request.Body);
            arguments.AddRange("-d", body, "-H", $"content-type: {request.ContentType}");
        }

        try
        {
            using var process = Process.Start(new ProcessStartInfo("h2load", [.. arguments, new Uri(target.Address, request.Path).AbsoluteUri])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return output + await errors;
        }
        finally
        {
            if (body is not null)
                File.Delete(body);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static double SecondsOf(Match finished) =>
        double.Parse(finished.Groups["time"].Value, CultureInfo.InvariantCulture) * finished.Groups["unit"].Value switch
        {
            "us" => 1e-6,
            "ms" => 1e-3,
            "m" => 60,
            _ => 1,
        };

    /// <summary>The processor time of all children of this process that have ended.</summary>
    private static double EndedChildrenSeconds() => new ProcessGroup("", Environment.ProcessId).EndedChildrenSeconds();

    [GeneratedRegex(@"finished in (?<time>[\d.]+)(?<unit>us|ms|s|m)\b")]
    private static partial Regex Finished();

    [GeneratedRegex(@"requests: .*?(?<succeeded>\d+) succeeded")]
    private static partial Regex Requests();
}
