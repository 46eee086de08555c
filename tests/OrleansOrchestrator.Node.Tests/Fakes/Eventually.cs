namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>Polls a condition until it holds or a deadline passes.</summary>
internal static class Eventually
{
    public static async Task HoldsAsync(Func<bool> condition, string what, int seconds = 20) =>
        await ReturnsAsync(() => condition() ? "yes" : null, what, seconds);

    public static Task<T> ReturnsAsync<T>(Func<T?> question, string what, int seconds = 20) where T : class =>
        AnswersAsync(() => Task.FromResult(question()), what, seconds);

    public static async Task<T> AnswersAsync<T>(Func<Task<T?>> question, string what, int seconds = 20) where T : class
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(deadline).TotalSeconds < seconds)
        {
            if (await question() is { } answer)
                return answer;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"Not within {seconds} s: {what}");
    }
}
