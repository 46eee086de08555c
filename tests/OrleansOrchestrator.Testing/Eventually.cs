using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Testing;

/// <summary>Waits for conditions that no event announces, by polling up to a deadline.</summary>
/// <remarks>
/// A wait that fails throws a <see cref="TimeoutException"/>, which says what was awaited, what was there instead, and how long the
/// wait was. The end of the test ends the wait.
/// </remarks>
public static class Eventually
{
    private const int TextCharsMax = 500;

    private static readonly Backoff Pauses = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100));

    /// <summary>The default bound of a wait, enough for a busy machine.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(45);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">The condition. An exception from it ends the wait.</param>
    /// <param name="what">What is awaited, as a sentence; the condition's own text if it is left out.</param>
    /// <param name="within">How long; <see cref="Patience"/> if it is left out.</param>
    public static Task HoldsAsync(
        Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? within = null) =>
        HoldsAsync(condition, what, within, TestContext.Current.CancellationToken);

    /// <inheritdoc cref="HoldsAsync(Func{Task{bool}}, string, TimeSpan?)"/>
    public static Task HoldsAsync(
        Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? within = null) =>
        HoldsAsync(() => Task.FromResult(condition()), what, within);

    /// <summary>Waits until a read returns a value.</summary>
    /// <param name="read">Reads the value.</param>
    /// <param name="wanted">The value that is awaited.</param>
    /// <param name="what">What is awaited, as a sentence; the text of <paramref name="read"/> if it is left out.</param>
    /// <param name="within">How long; <see cref="Patience"/> if it is left out.</param>
    public static Task IsAsync<T>(
        Func<Task<T>> read, T wanted, [CallerArgumentExpression(nameof(read))] string what = "", TimeSpan? within = null) =>
        LookAsync(
            async () => await read() is var value && EqualityComparer<T>.Default.Equals(value, wanted)
                ? (true, value)
                : (false, $"{Text(value)} in place of {Text(wanted)}"),
            what,
            within,
            TestContext.Current.CancellationToken);

    /// <inheritdoc cref="IsAsync{T}(Func{Task{T}}, T, string, TimeSpan?)"/>
    public static Task IsAsync<T>(Func<T> read, T wanted, [CallerArgumentExpression(nameof(read))] string what = "", TimeSpan? within = null) =>
        IsAsync(() => Task.FromResult(read()), wanted, what, within);

    /// <summary>Waits until a question has an answer that is not null.</summary>
    /// <param name="question">The question; null means no answer. An exception from it ends the wait.</param>
    /// <param name="what">What is awaited, as a sentence; the question's own text if it is left out.</param>
    /// <param name="within">How long; <see cref="Patience"/> if it is left out.</param>
    public static async Task<T> AnswersAsync<T>(
        Func<Task<T?>> question, [CallerArgumentExpression(nameof(question))] string what = "", TimeSpan? within = null)
        where T : class
    {
        T? answer = null;
        await LookAsync(
            async () => (answer = await question()) is null ? (false, "no answer") : (true, ""), what, within, TestContext.Current.CancellationToken);
        return answer!;
    }

    /// <inheritdoc cref="AnswersAsync{T}(Func{Task{T}}, string, TimeSpan?)"/>
    public static Task<T> AnswersAsync<T>(
        Func<T?> question, [CallerArgumentExpression(nameof(question))] string what = "", TimeSpan? within = null)
        where T : class =>
        AnswersAsync(() => Task.FromResult(question()), what, within);

    /// <summary>Repeats an assertion until it passes.</summary>
    /// <param name="assertion">
    /// The assertion. Its last exception is the inner exception of the one that ends the wait. A cancellation ends the wait at once,
    /// but a request that got no answer in time does not, though <see cref="HttpClient"/> throws a cancellation then too.
    /// </param>
    /// <param name="what">What is awaited, as a sentence; the assertion's own text if it is left out.</param>
    /// <param name="within">How long; <see cref="Patience"/> if it is left out.</param>
    /// <returns>How long it took.</returns>
    public static Task<TimeSpan> PassesAsync(
        Func<Task> assertion, [CallerArgumentExpression(nameof(assertion))] string what = "", TimeSpan? within = null) =>
        LookAsync(
            async () =>
            {
                try
                {
                    await assertion();
                    return (true, "");
                }
                catch (Exception failure) when (failure is not OperationCanceledException || failure.InnerException is TimeoutException)
                {
                    return (false, failure);
                }
            },
            what,
            within,
            TestContext.Current.CancellationToken);

    /// <inheritdoc cref="PassesAsync(Func{Task}, string, TimeSpan?)"/>
    public static Task<TimeSpan> PassesAsync(
        Action assertion, [CallerArgumentExpression(nameof(assertion))] string what = "", TimeSpan? within = null) =>
        PassesAsync(
            () =>
            {
                assertion();
                return Task.CompletedTask;
            },
            what,
            within);

    /// <inheritdoc cref="HoldsAsync(Func{Task{bool}}, string, TimeSpan?)"/>
    internal static Task HoldsAsync(Func<Task<bool>> condition, string what, TimeSpan? within, CancellationToken cancellationToken) =>
        LookAsync(async () => await condition() ? (true, true) : (false, false), what, within, cancellationToken);

    private static async Task<TimeSpan> LookAsync(
        Func<Task<(bool Ends, object? Last)>> look, string what, TimeSpan? within, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var pause = new RetryDelay(Pauses);
        for (var looks = 1; ; looks++)
        {
            var looked = TimeProvider.System.GetTimestamp();
            var (ends, last) = await look();
            var elapsed = TimeProvider.System.GetElapsedTime(started);
            var lookTook = TimeProvider.System.GetElapsedTime(looked);
            if (ends)
                return elapsed;
            if (elapsed > (within ?? Patience))
                throw new TimeoutException(Failure(what, last, elapsed, looks), last as Exception);

            // A look that takes long, such as a run of a program, leaves the machine as much time for what it waits for.
            var next = pause.Next();
            await Task.Delay(next > lookTook ? next : lookTook, TimeProvider.System, cancellationToken);
        }
    }

    private static string Failure(string what, object? last, TimeSpan elapsed, int looks) => string.Create(
        CultureInfo.InvariantCulture,
        $"did not come true in {elapsed.TotalSeconds:F1} s ({looks} looks): {Text(what)}\nlast: {(last is Exception failure ? failure.Message : Text(last))}");

    /// <summary>A value or an expression of several lines as one line of bounded length.</summary>
    private static string Text(object? value)
    {
        var text = string.Join(' ', (value?.ToString() ?? "null").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= TextCharsMax ? text : text[..TextCharsMax] + "…";
    }
}
