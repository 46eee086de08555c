using System.Diagnostics;

namespace OrleansOrchestrator.EndToEnd.Tests.Commands;

/// <summary>Waits for what nothing announces to a program outside: asks again and again, up to a deadline.</summary>
internal static class Eventually
{
    /// <summary>How long anything that has no bound of its own may take on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Repeats an assertion until it holds; its last failure is the caller's.</summary>
    public static Task AssertAsync(Func<Task> assertion) => AssertAsync(Patience, assertion);

    /// <inheritdoc cref="AssertAsync(Func{Task})"/>
    public static async Task<TimeSpan> AssertAsync(TimeSpan within, Func<Task> assertion)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await assertion();
                return clock.Elapsed;
            }
            catch (Exception failure) when (clock.Elapsed < within && failure is not OperationCanceledException)
            {
                await Task.Delay(Interval, TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Repeats a question until its answer is not null.</summary>
    public static async Task<T> GetAsync<T>(Func<Task<T?>> question)
        where T : class
    {
        T? answer = null;
        await AssertAsync(async () => answer = (await question()).ShouldNotBeNull());
        return answer!;
    }
}
