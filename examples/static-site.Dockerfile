# syntax=docker/dockerfile:1
# A site that Node.js makes of Markdown, served by nginx without root.
# Size: 105 MB uncompressed, measured 2026-11-25.
#
#   docker build -f static-site.Dockerfile -t site static-site
#   docker build -f static-site.Dockerfile --target test static-site
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges -p 8080:8080 site

FROM node:26-trixie-slim AS build
WORKDIR /site
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY build.mjs ./
COPY content/ content/
RUN npm run build

FROM build AS test
COPY test/ test/
RUN npm test

FROM nginxinc/nginx-unprivileged:stable
# Places of root's own: the image lets its user write in /etc/nginx.
COPY nginx.conf /etc/site/nginx.conf
COPY --from=build /site/dist /srv/site
USER 101:101
EXPOSE 8080
STOPSIGNAL SIGQUIT
# This base has curl, unlike slim and distroless ones.
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --start-interval=1s \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080/health"]
ENTRYPOINT ["nginx", "-c", "/etc/site/nginx.conf"]
