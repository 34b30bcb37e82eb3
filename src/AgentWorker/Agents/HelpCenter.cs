using System.ComponentModel;

namespace Loomflow.Aspire.AgentWorker.Agents;

/// <summary>A few help articles to try the sample with. Replace it with your own knowledge base.</summary>
internal static class HelpCenter
{
    private static readonly string[] s_articles =
    [
        "Password reset: choose 'Forgot password' on the login page. The link in the mail works for 30 minutes; look into the spam folder, too.",
        "Login loop or 'session expired': clear the cookies of the site and turn off extensions that block them, then log in again.",
        "The app crashes at the start: update to the newest version; if it still crashes, delete the cache folder under Settings, Storage.",
        "Slow pages or timeouts: check the status page first. Reports over more than 90 days load slowly; use the export instead.",
        "Export data: Settings, Data, Export gives a CSV file by mail within an hour.",
        "Error 500 while saving: the attachment is larger than 25 MB. Make it smaller or share a link.",
        "Two-factor codes are refused: the clock of the phone is off. Turn on automatic date and time.",
    ];

    [Step(Name = "search_help")]
    [Description("Searches the help center for articles about a technical question.")]
    public static Task<string> Search([Description("The question or error message.")] string question)
    {
        var words = Words(question);
        var found = s_articles
            .Select(article => (Article: article, Score: Words(article).Count(words.Contains)))
            .Where(hit => hit.Score > 0)
            .OrderByDescending(hit => hit.Score)
            .Take(2)
            .Select(hit => hit.Article)
            .ToArray();
        return Task.FromResult(found.Length > 0 ? string.Join("\n", found) : "No article fits.");
    }

    private static HashSet<string> Words(string text) =>
        [.. text.ToLowerInvariant().Split([' ', '.', ',', ':', ';', '?', '!', '\'', '"', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.Length > 2 && !s_common.Contains(word))];

    private static readonly HashSet<string> s_common = ["the", "and", "for", "with", "that", "this", "when", "while", "what", "how", "can", "not", "are", "was", "has", "have", "does", "too", "your", "you", "its", "than", "more", "use"];
}
